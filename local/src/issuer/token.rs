//! The token endpoint: a code and its verifier for a session.

use std::sync::Arc;

use axum::{
    Json,
    body::Bytes,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use serde_json::json;

use super::{AUDIENCE, Issuer, SCOPES, codes::Grant, parameters::Parameters, signer::SESSION_SECONDS};

/// A refusal in the form of RFC 6749, section 5.2.
#[derive(Debug)]
struct Refusal {
    error: &'static str,
    description: String,
}

pub(super) async fn exchange(State(issuer): State<Arc<Issuer>>, form: Bytes) -> base::Result<Response> {
    let grant = match granted(&issuer, &form) {
        Ok(grant) => grant,
        Err(Refusal { error, description }) => {
            let body = json!({"error": error, "error_description": description});
            return Ok((StatusCode::BAD_REQUEST, Json(body)).into_response());
        }
    };
    let session = issuer.signer.session(&grant.person, grant.nonce.as_deref())?;
    let body = json!({
        "access_token": session.jwt,
        "id_token": session.jwt,
        "token_type": "Bearer",
        "expires_in": SESSION_SECONDS,
        "scope": SCOPES,
    });
    Ok(Json(body).into_response())
}

fn granted(issuer: &Issuer, form: &[u8]) -> Result<Grant, Refusal> {
    let refuse = |error: &'static str| move |description: String| Refusal { error, description };
    let parameters = Parameters::read(form).map_err(refuse("invalid_request"))?;
    parameters.expect("grant_type", "authorization_code").map_err(refuse("unsupported_grant_type"))?;
    parameters.expect("client_id", AUDIENCE).map_err(refuse("invalid_client"))?;
    let require = |name| parameters.require(name).map_err(refuse("invalid_request"));
    let (code, redirect_uri, verifier) =
        (require("code")?, require("redirect_uri")?, require("code_verifier")?);
    let is_meant = |grant: &Grant| grant.redirect_uri == redirect_uri && grant.is_verified_by(verifier);
    issuer.codes.redeem(code).filter(is_meant).ok_or_else(|| {
        let description = "The code is used, over, or meant for another client. Sign in again.";
        refuse("invalid_grant")(description.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issuer::{new_key, person::Person};

    const FORM: &str = "grant_type=authorization_code&client_id=engine-local&redirect_uri=http://localhost:3000/console\
        &code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    fn issuer_with_code() -> (Issuer, String) {
        let issuer = Issuer::new(&new_key().unwrap()).unwrap();
        let grant = Grant {
            person: Person::new("ada@example.com", None).unwrap(),
            redirect_uri: "http://localhost:3000/console".to_owned(),
            challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned(),
            nonce: Some("n-1".to_owned()),
        };
        let code = issuer.codes.issue(grant).unwrap();
        (issuer, code)
    }

    #[test]
    fn a_code_with_its_verifier_is_granted_once() {
        let (issuer, code) = issuer_with_code();
        let form = format!("{FORM}&code={code}");
        assert_eq!(granted(&issuer, form.as_bytes()).unwrap().person.email, "ada@example.com");
        assert_eq!(granted(&issuer, form.as_bytes()).unwrap_err().error, "invalid_grant");
    }

    #[test]
    fn a_wrong_attempt_ends_the_code() {
        for (from, to) in [("/console", "/other"), ("EjXk", "EjXK")] {
            let (issuer, code) = issuer_with_code();
            let sound = format!("{FORM}&code={code}");
            assert_eq!(
                granted(&issuer, sound.replace(from, to).as_bytes()).unwrap_err().error,
                "invalid_grant"
            );
            assert_eq!(granted(&issuer, sound.as_bytes()).unwrap_err().error, "invalid_grant");
        }
    }

    #[test]
    fn a_malformed_attempt_says_what_is_wrong() {
        let (issuer, code) = issuer_with_code();
        let sound = format!("{FORM}&code={code}");
        for (from, to, error) in [
            ("authorization_code", "password", "unsupported_grant_type"),
            ("engine-local", "x", "invalid_client"),
            ("code_verifier", "verifier", "invalid_request"),
            ("&code=", "&code=&x=", "invalid_request"),
            ("&code=", "&client_id=engine-local&code=", "invalid_request"),
        ] {
            assert_eq!(
                granted(&issuer, sound.replace(from, to).as_bytes()).unwrap_err().error,
                error,
                "{from}"
            );
        }
        assert!(granted(&issuer, sound.as_bytes()).is_ok());
    }
}
