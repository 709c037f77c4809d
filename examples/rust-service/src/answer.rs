//! Errors as HTTP tells them.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tympan::{Code, Error, Kind};

/// A call that tympan refused, or could not do.
pub(crate) struct Refused(Error);

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

/// A question whose thread did not end as it should.
pub(crate) fn stopped(_: tokio::task::JoinError) -> Refused {
    Refused(Error::of(Code::Internal))
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = match self.0.kind() {
            Kind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            Kind::NotFound => StatusCode::NOT_FOUND,
            Kind::Conflict => StatusCode::CONFLICT,
            Kind::Refused => StatusCode::PAYMENT_REQUIRED,
            Kind::Denied => StatusCode::FORBIDDEN,
            Kind::Throttled => StatusCode::TOO_MANY_REQUESTS,
            // Nothing was changed, or nobody knows: the same request with the same key finds out.
            Kind::Storage | Kind::UnknownOutcome => StatusCode::SERVICE_UNAVAILABLE,
            Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let told = serde_json::json!({
            "code": self.0.code().as_str(),
            "message": self.0.message(),
            "details": self.0.details(),
            "retry": self.0.retry(),
        });
        (status, Json(told)).into_response()
    }
}
