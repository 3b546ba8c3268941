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
#[serde(into = "Body", from = "Body")]
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
            // On the server it is what was asked that cannot be read; in a browser, the answer.
            #[cfg(feature = "ssr")]
            ServerFnErrorErr::Deserialization(why) | ServerFnErrorErr::Request(why) => {
                Refusal::BadRequest(why).into()
            }
            // Written by the browser's side: the request or its answer got lost.
            other => Self::Network(other.to_string()),
        }
    }
}

/// `{"code", "message", "detail"?, "incident"?}`: a stable code beside human words.
#[derive(Clone, Serialize, Deserialize)]
struct Body {
    code: String,
    #[serde(default)]
    message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    detail: Option<Detail>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    incident: Option<String>,
}

/// What programs may want to know besides; people find it in the words.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Detail {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seconds: Option<u32>,
}

impl From<Problem> for Body {
    fn from(problem: Problem) -> Self {
        let message = problem.to_string();
        let (code, detail, incident) = match problem {
            Problem::Refused(refusal) => (refusal.code(), detail(&refusal), None),
            Problem::Failed { incident } => ("failed", None, Some(incident)),
            Problem::Network(_) => ("network", None, None),
        };
        Self {
            code: code.into(),
            message,
            detail,
            incident,
        }
    }
}

fn detail(refusal: &Refusal) -> Option<Detail> {
    match *refusal {
        Refusal::Name { max }
        | Refusal::TooLong { max }
        | Refusal::TooManyAddresses { max }
        | Refusal::ImageTooLarge { max }
        | Refusal::TooManyPixels { max }
        | Refusal::TooManyFrames { max }
        | Refusal::TooManyImages { max } => Some(Detail {
            max: Some(max),
            seconds: None,
        }),
        Refusal::TooMany { seconds } => Some(Detail {
            max: None,
            seconds: Some(seconds),
        }),
        _ => None,
    }
}

impl From<Body> for Problem {
    fn from(body: Body) -> Self {
        let Detail { max, seconds } = body.detail.unwrap_or_default();
        match body.code.as_str() {
            "failed" => Self::Failed {
                incident: body.incident.unwrap_or_default(),
            },
            "network" => Self::Network(body.message),
            // A newer server may know refusals that this page does not; its words serve all the same.
            code => Self::Refused(
                Refusal::of(code, &body.message, max, seconds)
                    .unwrap_or(Refusal::BadRequest(body.message)),
            ),
        }
    }
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
        serde_json::to_vec(problem).map(Bytes::from)
    }
}

impl Decodes<Problem> for ProblemEncoding {
    type Error = serde_json::Error;

    fn decode(bytes: Bytes) -> Result<Problem, Self::Error> {
        serde_json::from_slice(&bytes)
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
            Problem::Refused(Refusal::ImageTooLarge { max: 26_214_400 }),
            Problem::Refused(Refusal::image_not_taken("HEIC")),
            Problem::Refused(Refusal::page_full(1 << 40)),
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
    fn every_code_is_known() {
        let codes = [
            "signed_out",
            "not_found",
            "admins_only",
            "archived",
            "empty",
            "control_characters",
            "link_unknown",
            "link_expired",
            "set_up_already",
            "wrong_code",
            "too_many_addresses",
            "name_does_not_match",
            "last_admin",
            "id_taken",
            "not_yours",
            "removed_from_call",
            "foreign_origin",
            "bad_request",
            "image_too_large",
            "too_many_pixels",
            "too_many_frames",
            "not_an_image",
            "image_broken",
            "image_not_taken",
            "too_many_images",
            "page_full",
            "storage_full",
        ];
        for code in codes {
            let sent = format!(r#"{{"code":"{code}"}}"#);
            let Problem::Refused(refusal) = Problem::de(sent.into()) else {
                panic!("{code}");
            };
            assert_eq!(refusal.code(), code);
        }
    }

    #[test]
    fn an_unknown_refusal_keeps_its_words() {
        let sent = Bytes::from_static(br#"{"code":"full_moon","message":"Not tonight."}"#);
        assert_eq!(Problem::de(sent).to_string(), "Not tonight.");
    }
}
