//! The fields of a form.

use axum::Form;
use axum::extract::{FromRequest, Request};

use super::{OAuthError, Refusal};

/// A form's fields, none of them twice (RFC 6749 §3.1).
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// The field's value; an empty one counts as left out.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// The value of a field that must be there.
    pub(crate) fn wanted(&self, name: &str) -> Result<&str, Refusal> {
        self.value(name).ok_or_else(|| bad("A field that this request needs is missing."))
    }

    fn checked(fields: Vec<(String, String)>) -> Result<Self, Refusal> {
        let mut names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        let twice = names.windows(2).any(|pair| pair.first() == pair.last());
        if twice { Err(bad("A field is there twice.")) } else { Ok(Self(fields)) }
    }
}

const fn bad(description: &'static str) -> Refusal {
    Refusal::new("invalid_request", description)
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = OAuthError;

    async fn from_request(request: Request, state: &S) -> Result<Self, OAuthError> {
        let form: Result<Form<Vec<(String, String)>>, _> = Form::from_request(request, state).await;
        let Form(fields) =
            form.map_err(|_| bad("Send the fields as application/x-www-form-urlencoded."))?;
        Ok(Self::checked(fields)?)
    }
}
