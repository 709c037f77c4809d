//! Whom wallets are shared with.

use std::sync::Arc;

use crate::command::{Context, Stop};
use crate::commands::LIST_SHARERS;
use crate::people::PreparedUser;
use crate::permissions::permit;
use crate::records::User;
use crate::view::View;

/// The user for whom those are asked for who share wallets with them.
///
/// # Errors
/// `denied`, `unknown_user`, `unknown_tenant`, or what the view lacks.
pub fn shared_with(
    view: &View,
    context: &Context<'_>,
    user: &PreparedUser,
) -> Result<Arc<User>, Stop> {
    let found = user.find(view, context.tenant)?;
    let about = found.map(|user| user.id);
    permit(
        view,
        context.tenant,
        context.actor,
        LIST_SHARERS.requires,
        about,
    )?;
    Ok(Arc::clone(user.require(view, context.tenant)?))
}
