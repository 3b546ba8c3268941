//! Settings as given on a command line, in an environment, in a file.

use std::net::TcpListener;

use tempfile::TempDir;

use crate::running::stoa;

fn refused(settings: &[(&str, &str)]) -> String {
    let dir = TempDir::new().unwrap();
    let data = dir.path().join("data");
    let output = stoa(&data).envs(settings.iter().copied()).output().unwrap();
    assert!(!output.status.success());
    assert!(output.stdout.is_empty());
    assert!(!data.exists(), "nothing may have been touched");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_wrong_setting_stops_the_start_and_is_named() {
    for (name, value) in [
        ("STOA_LISTEN", "somewhere"),
        ("STOA_LISTEN", "203.0.113.1:3000"),
        ("STOA_PUBLIC_URL", "talk.example"),
        ("STOA_DATABASE_URL", "mysql://db/stoa"),
        ("STOA_SMTP_URL", "mail.example:25"),
        ("STOA_MAIL_FROM", "nobody"),
        ("STOA_MQTT_URL", "http://broker"),
        ("STOA_EMAILJS_SERVICE", "only this"),
        ("STOA_LOG", "what=ever"),
        ("STOA_LOG_FORMAT", "xml"),
        ("STOA_CONFIG", "no-such-file.toml"),
    ] {
        let public = ("STOA_PUBLIC_URL", "http://talk.example");
        let settings = if name == "STOA_LISTEN" {
            vec![public, (name, value)]
        } else {
            vec![(name, value)]
        };
        let said = refused(&settings);
        let expected = if value == "only this" {
            "STOA_EMAILJS_TEMPLATE"
        } else {
            name
        };
        assert!(
            said.starts_with(&format!("stoa: {expected} ")),
            "{name}={value}: {said}"
        );
        assert_eq!(said.trim_end().lines().count(), 1, "{said}");
    }
    let said = refused(&[("STOA_LISTEN", "0.0.0.0:0")]);
    assert!(said.contains("STOA_PUBLIC_URL must be set"), "{said}");
}

#[test]
fn a_port_in_use_is_said_in_a_sentence() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = refused(&[("STOA_LISTEN", &address)]);
    assert!(
        said.contains(&address) && said.contains("STOA_LISTEN"),
        "{said}"
    );
    assert!(said.contains("another program"), "{said}");
}

#[test]
fn config_shows_what_is_in_force_and_hides_what_is_secret() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("stoa.toml");
    let settings = "public_url = 'https://talk.example'\nmqtt_url = 'mqtt://stoa:hush1@broker'\n";
    std::fs::write(&file, settings).unwrap();
    let output = stoa(&dir.path().join("data"))
        .env("STOA_SMTP_URL", "smtps://stoa:hush2@mail.example")
        .args(["config", "--config"])
        .arg(&file)
        .output()
        .unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{shown}");
    assert!(!shown.contains("hush"), "{shown}");
    for line in [
        "STOA_SMTP_URL = smtps://stoa:••••@mail.example  (environment)",
        &format!(
            "STOA_PUBLIC_URL = https://talk.example  ({})",
            file.display()
        ),
        "STOA_MAIL_FROM = Stoa <stoa@talk.example>  (default)",
        "STOA_LOG = info  (default)",
    ] {
        assert!(shown.contains(line), "{line} in {shown}");
    }
}

#[test]
fn an_unknown_key_in_the_file_is_refused() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("stoa.toml");
    std::fs::write(&file, "smpt_url = 'smtp://mail.example'").unwrap();
    let said = refused(&[("STOA_CONFIG", file.to_str().unwrap())]);
    assert!(said.contains("`smpt_url`"), "{said}");
}

#[test]
fn it_tells_its_version() {
    let output = stoa("unused".as_ref()).arg("--version").output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said.trim(), concat!("stoa ", env!("CARGO_PKG_VERSION")));
}
