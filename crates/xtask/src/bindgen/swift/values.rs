//! Ids, codes and instants in the glue: types of the surface that cross as something simpler.

use std::fmt::Write;

use crate::bindgen::model::Model;
use crate::bindgen::swift::documents;

/// Each of them.
pub fn glue(model: &Model) -> String {
    let ids: Vec<&str> = model.ids.keys().map(String::as_str).collect();
    let ids = ids.join(", ");
    let error = format!("{}Error", model.handle.name);
    let mut code = format!(
        "//! Ids, codes and instants: types of the surface that cross as something simpler.
         use tympan_surface::{{Code, Error, Timestamp}};
         use super::error::{error};
         pub use tympan_surface::Code as ErrorCode;
         pub use tympan_surface::{{{ids}}};

         uniffi::custom_type!(Timestamp, i64, {{
             remote,
             lower: |at| at.millis(),
             try_lift: |millis| instant(millis),
         }});

         uniffi::custom_type!(ErrorCode, String, {{
             remote,
             lower: |code| code.as_str().to_owned(),
             try_lift: |text| Ok(Code::from_text(&text).unwrap_or(Code::Internal)),
         }});

         /// An instant from milliseconds since 1970.
         fn instant(millis: i64) -> uniffi::Result<Timestamp> {{
             let at = Timestamp::from_millis(millis);
             if at.millis() == millis {{ return Ok(at); }}
             let text = \"an instant lies between the years 1970 and 9999\";
             Err({error}::from(Error::new(Code::InvalidValue, text)).into())
         }}\n"
    );
    for (name, docs) in &model.ids {
        let docs = documents::glue(&docs.text);
        let _ = writeln!(
            code,
            "uniffi::custom_type!({docs} {name}, String, {{
                 remote,
                 lower: |id| id.to_string(),
                 try_lift: |text| Ok(text.parse::<{name}>().map_err({error}::from)?),
             }});"
        );
    }
    code
}
