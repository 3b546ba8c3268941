//! Local time on either side: the server knows the offset from a cookie of an earlier visit, the browser knows it
//! for every moment.

use domain::{LocalTime, Timestamp};
use leptos::prelude::*;

const COOKIE: &str = "stoa_tz";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// Minutes east of UTC, for every moment alike: what server and browser agree on before hydration.
    Fixed(i32),
    /// As the browser's calendar says, summer and winter.
    Browser,
}

impl Zone {
    /// What the page was rendered with.
    pub fn rendered() -> Self {
        Self::Fixed(offset(cookie().as_deref()))
    }

    pub fn local(self, at: Timestamp) -> LocalTime {
        let offset = match self {
            Self::Fixed(offset) => offset,
            Self::Browser => browser_offset(at),
        };
        LocalTime::new(at, offset)
    }
}

/// The moment, as server or browser have it.
pub fn now() -> Timestamp {
    #[cfg(feature = "ssr")]
    // Without a backend the list of routes is made, and nobody reads the time.
    return use_context::<backend::Backend>().map_or(Timestamp(0), |backend| backend.now());
    #[cfg(not(feature = "ssr"))]
    Timestamp(js_sys::Date::now() as i64)
}

/// For the next visit's first view. In the browser only.
pub fn remember() {
    use wasm_bindgen::JsCast;
    let offset = browser_offset(Timestamp(js_sys::Date::now() as i64));
    if let Some(page) = document().dyn_ref::<web_sys::HtmlDocument>() {
        let cookie = format!("{COOKIE}={offset}; Path=/; Max-Age=31536000; SameSite=Lax");
        // A browser without cookies shows the right time a moment later, that is all.
        let _ = page.set_cookie(&cookie);
    }
}

fn browser_offset(at: Timestamp) -> i32 {
    let date = js_sys::Date::new(&(at.millis() as f64).into());
    -date.get_timezone_offset() as i32
}

/// The value of our cookie, as either side has it.
fn cookie() -> Option<String> {
    #[cfg(feature = "ssr")]
    return crate::ssr::cookie(COOKIE);
    #[cfg(not(feature = "ssr"))]
    {
        use wasm_bindgen::JsCast;
        let cookies = document()
            .dyn_ref::<web_sys::HtmlDocument>()?
            .cookie()
            .ok()?;
        cookies
            .split(';')
            .filter_map(|pair| pair.trim().split_once('='))
            .find_map(|(name, value)| (name == COOKIE).then(|| value.to_owned()))
    }
}

/// 0 where there is none or it makes no sense.
fn offset(value: Option<&str>) -> i32 {
    value
        .and_then(|value| value.parse().ok())
        .filter(|offset: &i32| offset.abs() <= 14 * 60)
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_that_makes_no_sense_is_utc() {
        assert_eq!(offset(Some("-330")), -330);
        assert_eq!(offset(Some("840")), 840);
        for nonsense in [None, Some(""), Some("x"), Some("841"), Some("1.5")] {
            assert_eq!(offset(nonsense), 0, "{nonsense:?}");
        }
    }
}
