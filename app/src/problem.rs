//! Why a server function did not do what was asked, as the browser gets it.

use bytes::Bytes;
use domain::Refusal;
use serde::{Deserialize, Serialize};
use server_fn::{
    ContentType, Decodes, Encodes, Format, FormatType,
    error::{FromServerFnError, ServerFnErrorErr},
};

/// Its [`Display`](std::fmt::Display) is what the person reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Problem {
    /// The place says no, and why.
    #[error(transparent)]
    Refused(Refusal),
    /// Something broke on the server; the log has more under this number.
    #[error(
        "Something went wrong on the server. If it stays so, tell the admin this number: {incident}"
    )]
    Failed { incident: String },
    /// The server was not reached, or did not answer as it should.
    #[error("The server cannot be reached right now. Please try again.")]
    Network(String),
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let problem = Self::Refused(refusal);
        #[cfg(feature = "ssr")]
        crate::ssr::set_status(&problem);
        problem
    }
}

impl Problem {
    /// Whether trying the same again later may help.
    pub fn passing(&self) -> bool {
        matches!(
            self,
            Self::Network(_)
                | Self::Failed { .. }
                | Self::Refused(Refusal::TooMany { .. } | Refusal::StorageFull)
        )
    }
}

impl FromServerFnError for Problem {
    type Encoder = ProblemEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Args(why) | ServerFnErrorErr::MissingArg(why) => {
                Refusal::BadRequest(why).into()
            }
            // Written by the browser's side: the request or its answer got lost.
            other => Self::Network(other.to_string()),
        }
    }
}

/// `{"code", "message", "detail"?, "incident"?}`: a stable code beside human words.
#[derive(Serialize, Deserialize)]
struct Body {
    code: String,
    #[serde(default)]
    message: String,
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    detail: serde_json::Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    incident: Option<String>,
}

/// How a [`Problem`] travels: JSON, with the fields that API.md names.
pub struct ProblemEncoding;

impl ContentType for ProblemEncoding {
    const CONTENT_TYPE: &'static str = "application/json";
}

impl FormatType for ProblemEncoding {
    const FORMAT_TYPE: Format = Format::Text;
}

impl Encodes<Problem> for ProblemEncoding {
    type Error = serde_json::Error;

    fn encode(problem: &Problem) -> Result<Bytes, Self::Error> {
        let message = problem.to_string();
        let mut body = Body {
            code: String::new(),
            message,
            detail: serde_json::Value::Null,
            incident: None,
        };
        match problem {
            Problem::Refused(refusal) => {
                let mut tagged = serde_json::to_value(refusal)?;
                if let serde_json::Value::String(code) = tagged["code"].take() {
                    body.code = code;
                }
                body.detail = tagged["detail"].take();
            }
            Problem::Failed { incident } => {
                "failed".clone_into(&mut body.code);
                body.incident = Some(incident.clone());
            }
            Problem::Network(_) => "network".clone_into(&mut body.code),
        }
        serde_json::to_vec(&body).map(Bytes::from)
    }
}

impl Decodes<Problem> for ProblemEncoding {
    type Error = serde_json::Error;

    fn decode(bytes: Bytes) -> Result<Problem, Self::Error> {
        let body: Body = serde_json::from_slice(&bytes)?;
        Ok(match (body.code.as_str(), body.incident) {
            ("failed", incident) => Problem::Failed {
                incident: incident.unwrap_or_default(),
            },
            ("network", _) => Problem::Network(body.message),
            _ => {
                let mut tagged = serde_json::json!({ "code": body.code });
                if !body.detail.is_null() {
                    tagged["detail"] = body.detail;
                }
                // A newer server may know refusals that this page does not; its words serve all the same.
                Problem::Refused(
                    serde_json::from_value(tagged).unwrap_or(Refusal::BadRequest(body.message)),
                )
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_arrives_as_it_was_sent() {
        for problem in [
            Problem::Refused(Refusal::NotFound),
            Problem::Refused(Refusal::TooLong { max: 20_000 }),
            Problem::Refused(Refusal::Email("An address needs an @.".into())),
            Problem::Failed {
                incident: "a1b2".into(),
            },
        ] {
            assert_eq!(Problem::de(problem.ser()), problem);
        }
    }

    #[test]
    fn a_refusal_has_a_code_and_words() {
        let text =
            String::from_utf8(Problem::Refused(Refusal::Name { max: 80 }).ser().to_vec()).unwrap();
        assert_eq!(
            text,
            r#"{"code":"name","message":"A name has 1 to 80 characters.","detail":{"max":80}}"#
        );
    }

    #[test]
    fn an_unknown_refusal_keeps_its_words() {
        let sent = Bytes::from_static(br#"{"code":"full_moon","message":"Not tonight."}"#);
        assert_eq!(Problem::de(sent).to_string(), "Not tonight.");
    }
}
