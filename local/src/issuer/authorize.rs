//! The authorization endpoint: a page that asks for an e-mail address, and the way back with a code.

use std::sync::Arc;

use axum::{
    Extension,
    body::Bytes,
    extract::{RawQuery, State},
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse as _, Response},
};

use crate::html::escaped;

use super::{
    AUDIENCE, Issuer, codes::Grant, guard::Base, parameters::Parameters, person::Person, problem::Problem,
};

/// What the page carries on to the sign-in.
const CARRIED: &[&str] = &[
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
];
/// A SHA-256 in base 64.
const CHALLENGE_LENGTH: usize = 43;
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";

/// A sound request to sign in.
#[derive(Debug)]
struct AuthorizationRequest {
    redirect_uri: String,
    challenge: String,
    state: Option<String>,
    nonce: Option<String>,
}

impl AuthorizationRequest {
    /// Reads the parameters. Any fault is told to the person at the browser, who is its developer here, instead of
    /// being sent back to the client.
    fn read(parameters: &Parameters, Base(base): &Base) -> Result<Self, String> {
        parameters.expect("response_type", "code")?;
        parameters.expect("client_id", AUDIENCE)?;
        parameters.expect("code_challenge_method", "S256")?;
        let redirect_uri = parameters.require("redirect_uri")?;
        if !is_on(redirect_uri, base) {
            return Err(format!("redirect_uri must be a page of this server, such as {base}/console."));
        }
        let challenge = parameters.require("code_challenge")?;
        let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if challenge.len() != CHALLENGE_LENGTH || !challenge.bytes().all(is_base64) {
            return Err("code_challenge must be a SHA-256 in base64url without padding.".to_owned());
        }
        if !parameters.get("scope").is_some_and(|scope| scope.split(' ').any(|scope| scope == "openid")) {
            return Err("scope must have openid in it.".to_owned());
        }
        Ok(Self {
            redirect_uri: redirect_uri.to_owned(),
            challenge: challenge.to_owned(),
            state: parameters.get("state").map(str::to_owned),
            nonce: parameters.get("nonce").map(str::to_owned),
        })
    }

    /// Where the browser goes with the code.
    fn way_back(&self, code: &str) -> String {
        let mut answer = form_urlencoded::Serializer::new(String::new());
        answer.append_pair("code", code);
        if let Some(state) = &self.state {
            answer.append_pair("state", state);
        }
        let separator = if self.redirect_uri.contains('?') { '&' } else { '?' };
        format!("{}{separator}{}", self.redirect_uri, answer.finish())
    }
}

/// Whether a URI is a page of this server, written plainly.
fn is_on(uri: &str, base: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'#' && byte != b'\\';
    uri.strip_prefix(base).is_some_and(|path| path.starts_with('/')) && uri.bytes().all(is_plain)
}

pub(super) async fn page(Extension(base): Extension<Base>, RawQuery(query): RawQuery) -> Response {
    let parameters = Parameters::read(query.unwrap_or_default().as_bytes());
    match parameters.and_then(|parameters| AuthorizationRequest::read(&parameters, &base).map(|_| parameters))
    {
        Ok(parameters) => shown(StatusCode::OK, &parameters, ""),
        Err(detail) => refused(detail).into_response(),
    }
}

pub(super) async fn sign_in(
    State(issuer): State<Arc<Issuer>>,
    Extension(base): Extension<Base>,
    form: Bytes,
) -> base::Result<Response> {
    let parameters = Parameters::read(&form);
    let read =
        parameters.and_then(|parameters| Ok((AuthorizationRequest::read(&parameters, &base)?, parameters)));
    let (request, parameters) = match read {
        Ok(read) => read,
        Err(detail) => return Ok(refused(detail).into_response()),
    };
    let Ok(person) = Person::new(parameters.get("email").unwrap_or_default(), None) else {
        return Ok(shown(
            StatusCode::UNPROCESSABLE_ENTITY,
            &parameters,
            "Give an e-mail address, such as ada@example.com.",
        ));
    };
    let (redirect_uri, challenge, nonce) =
        (request.redirect_uri.clone(), request.challenge.clone(), request.nonce.clone());
    let code = issuer.codes.issue(Grant { person, redirect_uri, challenge, nonce })?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, request.way_back(&code))]).into_response())
}

fn refused(detail: String) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "invalid_request", detail)
}

fn shown(status: StatusCode, parameters: &Parameters, fault: &str) -> Response {
    let carried = CARRIED.iter().filter_map(|name| {
        let value = escaped(parameters.get(name)?);
        Some(format!(r#"<input type="hidden" name="{name}" value="{value}">"#))
    });
    let page = include_str!("authorize.html")
        .replace("{carried}", &carried.collect::<String>())
        .replace("{fault}", fault);
    let mut response = (status, Html(page)).into_response();
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: &str = "response_type=code&client_id=engine-local&scope=openid&code_challenge_method=S256\
        &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&redirect_uri=http://localhost:3000/console";

    fn read(query: &str) -> Result<AuthorizationRequest, String> {
        AuthorizationRequest::read(
            &Parameters::read(query.as_bytes()).unwrap(),
            &Base("http://localhost:3000".to_owned()),
        )
    }

    #[test]
    fn a_sound_demand_is_taken() {
        assert_eq!(read(SOUND).unwrap().redirect_uri, "http://localhost:3000/console");
    }

    #[test]
    fn any_other_one_is_refused_by_the_name_of_its_fault() {
        for (from, to, named) in [
            ("response_type=code", "response_type=token", "response_type"),
            ("client_id=engine-local", "client_id=x", "client_id"),
            ("=S256", "=plain", "code_challenge_method"),
            ("code_challenge=E9", "code_challenge=", "code_challenge"),
            ("code_challenge=E9", "code_challenge=E+", "code_challenge"),
            ("scope=openid", "scope=email", "scope"),
            ("http://localhost:3000/", "http://localhost:3001/", "redirect_uri"),
            ("http://localhost:3000/", "https://localhost:3000/", "redirect_uri"),
            ("http://localhost:3000/", "http://localhost:3000.evil.example/", "redirect_uri"),
            ("http://localhost:3000/", "http://localhost:3000@evil.example/", "redirect_uri"),
            ("3000/console", "3000", "redirect_uri"),
            ("3000/console", "3000/%23", "redirect_uri"),
            ("3000/console", "3000/%0d%0aX:y", "redirect_uri"),
            ("3000/console", "3000/%5cevil", "redirect_uri"),
        ] {
            let query = SOUND.replace(from, to);
            assert_ne!(query, SOUND, "{from}");
            assert!(read(&query).unwrap_err().starts_with(named), "{query}");
        }
    }

    #[test]
    fn the_way_back_keeps_the_state_and_the_query() {
        let request = |rest: &str| read(&format!("{SOUND}{rest}")).unwrap().way_back("c-1");
        assert_eq!(request(""), "http://localhost:3000/console?code=c-1");
        assert_eq!(request("%3Fa=b&state=x%26y"), "http://localhost:3000/console?a=b&code=c-1&state=x%26y");
    }
}
