//! Settings, right and wrong.

use super::*;

fn from_environment(variables: &[(&str, &str)]) -> Result<Config, Wrong> {
    from_both(variables, None)
}

fn from_both(variables: &[(&str, &str)], file: Option<&str>) -> Result<Config, Wrong> {
    let find = |name: &str| {
        let found = variables.iter().find(|(of, _)| *of == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    Config::check(Given::read(
        find,
        file.map(|text| (Path::new("stoa.toml"), text)),
    )?)
}

#[test]
fn nothing_needs_to_be_configured() {
    let config = from_environment(&[]).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:3000");
    let url = config.public_url(config.listen);
    assert_eq!(url.as_str(), "http://127.0.0.1:3000");
    let backend = config.backend(&url);
    assert_eq!(backend.data_dir, Path::new("./data"));
    assert_eq!(backend.mail_from, "Stoa <stoa@localhost>");
    assert!(matches!(backend.mail, MailSettings::Mailbox));
    assert!(backend.database_url.is_none() && backend.mqtt_url.is_none());
}

#[test]
fn the_environment_comes_before_the_file_and_the_file_before_the_defaults() {
    let file = "listen = '127.0.0.1:4000'\ndata_dir = '/srv/stoa'";
    let config = from_both(&[("STOA_LISTEN", "127.0.0.1:5000")], Some(file)).unwrap();
    assert_eq!(config.listen.port(), 5000);
    let shown = config.show();
    for line in [
        "STOA_LISTEN = 127.0.0.1:5000  (environment)\n",
        "STOA_DATA_DIR = /srv/stoa  (stoa.toml)\n",
        "STOA_PUBLIC_URL = http://127.0.0.1:5000  (default)\n",
        "STOA_SMTP_URL is not set\n",
    ] {
        assert!(shown.contains(line), "{line:?} in {shown}");
    }
}

#[test]
fn an_empty_variable_is_not_set() {
    let config = from_environment(&[("STOA_SMTP_URL", ""), ("STOA_LISTEN", "")]).unwrap();
    assert!(matches!(config.mail, MailSettings::Mailbox));
}

#[test]
fn the_sender_is_at_the_public_host() {
    let config = from_environment(&[("STOA_PUBLIC_URL", "https://talk.example/")]).unwrap();
    let url = config.public_url(config.listen);
    assert_eq!(config.backend(&url).mail_from, "Stoa <stoa@talk.example>");
}

#[test]
fn no_secret_is_shown() {
    let config = from_environment(&[
        ("STOA_DATABASE_URL", "postgres://stoa:hush1@db/stoa"),
        ("STOA_MQTT_URL", "mqtts://stoa:hush2@broker:8883"),
        ("STOA_EMAILJS_SERVICE", "s"),
        ("STOA_EMAILJS_TEMPLATE", "t"),
        ("STOA_EMAILJS_PUBLIC_KEY", "p"),
        ("STOA_EMAILJS_PRIVATE_KEY", "hush3"),
    ])
    .unwrap();
    let shown = config.show();
    assert!(!shown.contains("hush"), "{shown}");
    assert!(shown.contains("postgres://stoa:••••@db/stoa"), "{shown}");
    assert!(shown.contains("STOA_EMAILJS_PRIVATE_KEY = ••••"), "{shown}");
    let url = config.public_url(config.listen);
    assert!(!format!("{:?}", config.backend(&url)).contains("hush"));
}

#[test]
fn every_wrong_value_is_named_in_one_sentence() {
    for (name, value) in [
        ("STOA_LISTEN", "3000"),
        ("STOA_LISTEN", "localhost:3000"),
        ("STOA_PUBLIC_URL", "talk.example"),
        ("STOA_PUBLIC_URL", "https://talk.example/stoa"),
        ("STOA_DATABASE_URL", "mysql://u:hush@db/stoa"),
        ("STOA_DATABASE_URL", "hush"),
        ("STOA_SMTP_URL", "mail.example"),
        ("STOA_SMTP_URL", "http://u:hush@mail.example"),
        ("STOA_SMTP_URL", "smtp://u:hush@mail.example?tls=maybe"),
        ("STOA_SMTP_URL", "smtp://user@mail.example"),
        ("STOA_MAIL_FROM", "Stoa"),
        ("STOA_MAIL_FROM", "Stoa <stoa@>"),
        ("STOA_MAIL_FROM", "Stoa\r\nBcc: <a@b.example>"),
        ("STOA_MQTT_URL", "ws://u:hush@broker"),
        ("STOA_LOG", "info,what=ever"),
        ("STOA_LOG_FORMAT", "xml"),
    ] {
        let sentence = from_environment(&[(name, value)])
            .err()
            .unwrap()
            .to_string();
        assert!(sentence.starts_with(name), "{value}: {sentence}");
        assert!(
            sentence.ends_with('.') && !sentence.contains('\n'),
            "{sentence}"
        );
        assert!(!sentence.contains("hush"), "{sentence}");

        let key = name.trim_start_matches("STOA_").to_lowercase();
        let file = format!("{key} = {value:?}");
        let sentence = from_both(&[], Some(&file)).err().unwrap().to_string();
        assert!(sentence.contains(name), "{sentence}");
        assert!(
            sentence.contains(&format!("`{key}` in stoa.toml")),
            "{sentence}"
        );
    }
}

#[test]
fn a_file_with_something_else_in_it_is_refused() {
    for (file, word) in [
        ("smpt_url = 'smtp://mail.example'", "`smpt_url`"),
        ("listen = 3000", "`listen`"),
        ("[mail]\nfrom = 'a@b.example'", "`mail`"),
        ("smtp_url = 'x'\nsmtp_url = 'hush", "line 2"),
    ] {
        let sentence = from_both(&[], Some(file)).err().unwrap().to_string();
        assert!(sentence.contains(word), "{sentence}");
        assert!(
            !sentence.contains("hush") && !sentence.contains('\n'),
            "{sentence}"
        );
    }
}

#[test]
fn links_must_not_lead_to_where_nobody_can_go() {
    let open = ("STOA_LISTEN", "0.0.0.0:3000");
    let sentence = from_environment(&[open]).err().unwrap().to_string();
    assert!(
        sentence.starts_with("STOA_PUBLIC_URL must be set"),
        "{sentence}"
    );
    assert!(from_environment(&[open, ("STOA_PUBLIC_URL", "http://192.168.1.5:3000")]).is_ok());
}

#[test]
fn mail_goes_one_way_and_what_is_missing_is_named() {
    let whole = [
        ("STOA_EMAILJS_SERVICE", "s"),
        ("STOA_EMAILJS_TEMPLATE", "t"),
        ("STOA_EMAILJS_PUBLIC_KEY", "p"),
        ("STOA_EMAILJS_PRIVATE_KEY", "k"),
    ];
    let config = from_environment(&whole).unwrap();
    assert!(matches!(&config.mail, MailSettings::EmailJs(to) if to.url == EMAILJS_API));

    for missing in 0..whole.len() {
        let mut some = whole.to_vec();
        let (name, _) = some.remove(missing);
        let sentence = from_environment(&some).err().unwrap().to_string();
        assert!(sentence.starts_with(name), "{sentence}");
    }

    let mut both = whole.to_vec();
    both.push(("STOA_SMTP_URL", "smtp://mail.example"));
    let sentence = from_environment(&both).err().unwrap().to_string();
    assert!(sentence.contains("STOA_SMTP_URL") && sentence.contains("STOA_EMAILJS_SERVICE"));

    let mut wrong = whole.to_vec();
    wrong.push(("STOA_EMAILJS_URL", "ftp://api"));
    let sentence = from_environment(&wrong).err().unwrap().to_string();
    assert!(sentence.starts_with("STOA_EMAILJS_URL"), "{sentence}");
}

#[test]
fn images_lie_where_they_are_told_to_and_take_no_more_than_they_may() {
    let config = from_environment(&[
        ("STOA_STORAGE_URL", "s3://bucket/stoa"),
        ("STOA_IMAGE_QUOTA", "20G"),
        ("STOA_IMAGE_QUOTA_PAGE", "1500 k"),
    ])
    .unwrap();
    let backend = config.backend(&config.public_url(config.listen));
    assert_eq!(backend.storage_url.as_deref(), Some("s3://bucket/stoa"));
    assert_eq!(backend.image_quota, Some(20 << 30));
    assert_eq!(backend.image_quota_page, Some(1500 << 10));
    for (name, value) in [
        ("STOA_STORAGE_URL", "images"),
        ("STOA_STORAGE_URL", "file://images"),
        ("STOA_STORAGE_URL", "file:///"),
        ("STOA_STORAGE_URL", "s3://"),
        ("STOA_STORAGE_URL", "s3://key:secret@bucket"),
        ("STOA_STORAGE_URL", "https://bucket.example"),
        ("STOA_IMAGE_QUOTA", "much"),
        ("STOA_IMAGE_QUOTA", "0"),
        ("STOA_IMAGE_QUOTA_PAGE", "-5M"),
        ("STOA_IMAGE_QUOTA_PAGE", "20000000T"),
    ] {
        let wrong = from_environment(&[(name, value)]).err().unwrap();
        assert!(wrong.to_string().starts_with(name), "{wrong}");
    }
}

#[test]
fn calls_come_in_by_the_port_of_the_pages_unless_they_are_told_another() {
    let doors = |settings: &[(&str, &str)]| from_environment(settings).unwrap().doors();
    let plain = doors(&[]).unwrap();
    assert_eq!((plain.port, plain.tcp, plain.loopback), (3000, None, true));
    assert!(plain.public.is_empty());
    let told = doors(&[
        ("STOA_LISTEN", "0.0.0.0:80"),
        ("STOA_PUBLIC_URL", "http://192.168.1.5"),
        ("STOA_CALL_UDP_PORT", "0"),
        ("STOA_CALL_TCP_PORT", "8443"),
        ("STOA_CALL_PUBLIC_IP", "203.0.113.7, 2001:db8::7"),
    ]);
    let told = told.unwrap();
    assert_eq!((told.port, told.tcp, told.loopback), (0, Some(8443), false));
    assert_eq!(told.public.len(), 2);
    assert!(doors(&[("STOA_CALL_URL", "https://meet.example/{page}#{name}")]).is_none());
}

#[test]
fn a_wrong_setting_of_calls_is_named() {
    for (name, value) in [
        ("STOA_CALL_UDP_PORT", "70000"),
        ("STOA_CALL_TCP_PORT", "https"),
        ("STOA_CALL_PUBLIC_IP", "talk.example"),
        ("STOA_CALL_PUBLIC_IP", "0.0.0.0"),
        ("STOA_CALL_URL", "http://meet.example/{page}"),
        ("STOA_CALL_URL", "https://meet.example/{room}"),
        ("STOA_TURN_URLS", "https://turn.example"),
    ] {
        let sentence = from_environment(&[(name, value)]).err().unwrap();
        assert!(sentence.to_string().starts_with(name), "{sentence}");
    }
    let token = ("STOA_CALL_URL", "https://meet.example/{page}?jwt={token}");
    let sentence = from_environment(&[token]).err().unwrap().to_string();
    assert!(
        sentence.starts_with("STOA_CALL_TOKEN_SECRET must be set"),
        "{sentence}"
    );
    let config = from_environment(&[token, ("STOA_CALL_TOKEN_SECRET", "north")]).unwrap();
    assert!(
        !config.show().contains("north") && !format!("{:?}", config.calls().0).contains("north")
    );
    let sentence = from_environment(&[("STOA_TURN_SECRET", "north")]).err();
    let sentence = sentence.unwrap().to_string();
    assert!(sentence.starts_with("STOA_TURN_URLS") && !sentence.contains("north"));
}
