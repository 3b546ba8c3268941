//! Why a camera, a microphone or a screen could not be had, and what to do about it in this browser. Pure.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Device {
    Camera,
    Microphone,
    Screen,
}

impl Device {
    fn name(self) -> &'static str {
        match self {
            Self::Camera => "camera",
            Self::Microphone => "microphone",
            Self::Screen => "screen",
        }
    }
}

/// `error` is the name of the browser's error, `agent` what the browser says it is. `None`: the person changed their mind.
pub(super) fn words(device: Device, error: &str, agent: &str) -> Option<String> {
    let name = device.name();
    Some(match (error, device) {
        // Cancelled in the browser's own dialog, or not allowed to browsers: that is seen in the system's settings.
        ("NotAllowedError" | "SecurityError", Device::Screen) if !agent.contains("Mac OS X") => {
            return None;
        }
        ("NotAllowedError" | "SecurityError", Device::Screen) => {
            "The screen was not shared. If you did not cancel it: in System Settings, Privacy & Security, Screen Recording, \
             allow this browser, then start it again."
                .into()
        }
        ("NotAllowedError" | "SecurityError", _) => {
            format!("This page may not use the {name}. {}", grant(device, agent))
        }
        ("NotFoundError" | "OverconstrainedError", _) => format!("No {name} was found."),
        ("NotReadableError" | "AbortError", _) => {
            format!("The {name} cannot be used: another program may have it. Close that program and try again.")
        }
        // Nothing of the kind where the page did not come over a secure connection.
        ("TypeError" | "Missing", _) => {
            format!("The {name} can only be used when this address begins with https.")
        }
        _ => format!("The {name} cannot be used ({error})."),
    })
}

fn grant(device: Device, agent: &str) -> String {
    let name = device.name();
    if agent.contains("Android") {
        format!(
            "Tap the sign to the left of the address, then Permissions, and allow the {name}; the phone’s settings must allow \
             it to the browser as well."
        )
    } else if agent.contains("iPhone") || agent.contains("iPad") {
        format!(
            "Tap the sign to the left of the address, then Website Settings, and allow the {name}."
        )
    } else if agent.contains("Firefox/") {
        format!(
            "Click the crossed-out {name} to the left of the address, take the block away, and try again."
        )
    } else if agent.contains("Edg/") {
        format!("Click the lock to the left of the address, set {name} to Allow, and try again.")
    } else if agent.contains("Chrome/") {
        format!("Click the sign to the left of the address, switch {name} on, and try again.")
    } else if agent.contains("Safari/") {
        format!("Choose Safari, Settings for This Website, allow the {name}, and try again.")
    } else {
        format!("Allow the {name} for this address in the browser’s settings, and try again.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHROME: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";
    const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    const SAFARI: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15";

    #[test]
    fn a_refusal_says_how_to_grant_it_in_this_browser() {
        let refused = |agent| words(Device::Camera, "NotAllowedError", agent).unwrap();
        assert!(refused(CHROME).contains("switch camera on"));
        assert!(refused(FIREFOX).contains("crossed-out camera"));
        assert!(refused(SAFARI).contains("Settings for This Website"));
        assert!(refused("something new").contains("the browser’s settings"));
    }

    #[test]
    fn what_is_not_there_or_taken_is_said_so() {
        let said = |error| words(Device::Microphone, error, CHROME).unwrap();
        assert_eq!(said("NotFoundError"), "No microphone was found.");
        assert!(said("NotReadableError").contains("another program"));
        assert!(said("Missing").contains("https"));
        assert!(said("Odd").contains("(Odd)"));
    }

    #[test]
    fn changing_ones_mind_about_a_screen_is_no_error() {
        assert_eq!(words(Device::Screen, "NotAllowedError", CHROME), None);
        assert!(words(Device::Screen, "NotAllowedError", SAFARI).is_some());
    }
}
