//! Images over HTTP: sent as files and as text, and asked for as browsers do.

use std::{
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    running::{Answer, Running},
    seeded::seeded,
};

#[path = "../../backend/tests/all/pictures.rs"]
pub(crate) mod pictures;

pub(crate) const LIMIT: usize = 25 * 1024 * 1024;

/// The same for the same number.
pub(crate) fn id(number: u32) -> String {
    format!("01932d3c-5a00-7b1c-8f00-{number:012}")
}

pub(crate) fn cookie(seed: &Value, account: usize) -> &str {
    seed["accounts"][account]["cookie"].as_str().unwrap()
}

pub(crate) fn path(seed: &Value, number: u32) -> String {
    let page = seed["pages"][0]["id"].as_str().unwrap();
    format!("/api/upload_image?page={page}&id={}", id(number))
}

pub(crate) fn form(name: &str, file: &[u8]) -> Vec<u8> {
    let head = format!(
        "--part\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         Content-Type: text/html\r\n\r\n"
    );
    [head.as_bytes(), file, b"\r\n--part--\r\n"].concat()
}

pub(crate) fn upload(
    place: &Running,
    seed: &Value,
    account: usize,
    number: u32,
    file: &[u8],
) -> Answer {
    let headers = [
        ("content-type", "multipart/form-data; boundary=part"),
        ("cookie", cookie(seed, account)),
    ];
    let body = form("../../../etc/passwd%00.svg", file);
    place.send("POST", &path(seed, number), &headers, &body)
}

/// Sent with a message by this account.
pub(crate) fn show(place: &Running, seed: &Value, account: usize, number: u32) {
    let page = &seed["pages"][0]["id"];
    let images = json!([{"id": id(number), "alt": "A hedge"}]);
    let post = json!({"page": page, "id": id(number), "body": "", "images": images});
    let posted = place.call(
        "/api/post_message",
        cookie(seed, account),
        &post.to_string(),
    );
    assert_eq!(posted.status, 200, "{posted:?}");
}

pub(crate) fn image(place: &Running, cookie: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut headers = headers.to_vec();
    headers.push(("cookie", cookie));
    place.send("GET", path, &headers, &[])
}

/// Files below the data directory that are neither the database nor kept images.
pub(crate) fn files(dir: &Path) -> usize {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    entries
        .map(|entry| {
            if entry.path().is_dir() {
                files(&entry.path())
            } else {
                1
            }
        })
        .sum()
}

#[test]
fn an_image_is_given_out_as_browsers_like_it() {
    let (place, seed) = seeded();
    let file = pictures::jpeg(1000, 500, 1);
    let uploaded = upload(&place, &seed, 1, 1, &file);
    assert_eq!(uploaded.status, 200, "{uploaded:?}");
    let told = uploaded.json();
    assert_eq!(told["id"], json!(id(1)));
    assert_eq!(
        (&told["kind"], &told["width"]),
        (&json!("jpeg"), &json!(1000))
    );
    show(&place, &seed, 1, 1);

    let reader = cookie(&seed, 2);
    let address = format!("/i/{}/original", id(1));
    let answer = image(&place, reader, &address, &[]);
    assert_eq!((answer.status, answer.bytes()), (200, &*file));
    let tag = answer.header("etag").to_owned();
    for (name, value) in [
        ("content-type", "image/jpeg"),
        ("content-length", &*file.len().to_string()),
        ("accept-ranges", "bytes"),
        ("cache-control", "private, max-age=31536000, immutable"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("cross-origin-resource-policy", "same-origin"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(answer.header(name), value, "{name}");
    }
    let disposition = answer.header("content-disposition");
    assert!(
        disposition.starts_with("inline; filename=\"stoa-20"),
        "{disposition}"
    );
    assert!(disposition.ends_with(".jpg\""), "{disposition}");
    let saved = image(&place, reader, &format!("{address}?download"), &[]);
    assert!(
        saved
            .header("content-disposition")
            .starts_with("attachment; ")
    );

    for known in [
        tag.clone(),
        format!("W/{tag}"),
        format!("\"x\", {tag}"),
        "*".into(),
    ] {
        let known = image(&place, reader, &address, &[("if-none-match", &known)]);
        assert_eq!((known.status, known.size()), (304, 0));
        assert_eq!(known.header("etag"), tag);
    }
    let other = image(&place, reader, &address, &[("if-none-match", "\"x\"")]);
    assert_eq!(other.status, 200);

    let small = image(
        &place,
        reader,
        &format!("/i/{}/320", id(1)),
        &[("if-none-match", &tag)],
    );
    assert_eq!(
        (small.status, small.header("content-type")),
        (200, "image/webp")
    );
    assert_ne!(small.header("etag"), tag);
    assert!(small.header("content-disposition").ends_with(".webp\""));
    // There is no wider one than the image.
    let wide = image(&place, reader, &format!("/i/{}/1600", id(1)), &[]);
    assert_eq!(wide.bytes(), file);
    upload(&place, &seed, 1, 2, &pictures::jpeg(1800, 900, 1));
    show(&place, &seed, 1, 2);
    for (width, kind, ending) in [
        (800, "image/webp", ".webp\""),
        (1600, "image/jpeg", ".jpg\""),
    ] {
        let thumbnail = image(&place, reader, &format!("/i/{}/{width}", id(2)), &[]);
        assert_eq!(thumbnail.header("content-type"), kind);
        assert!(thumbnail.header("content-disposition").ends_with(ending));
        let shown = image::load_from_memory(thumbnail.bytes()).unwrap();
        assert_eq!((shown.width(), shown.height()), (width, width / 2));
    }
    let head = place.send("HEAD", &address, &[("cookie", reader)], &[]);
    assert_eq!((head.status, head.size()), (200, 0));
    assert_eq!(head.header("content-length"), file.len().to_string());
}

#[test]
fn a_part_of_an_image_can_be_asked_for() {
    let (place, seed) = seeded();
    // More than is read at a time.
    let noise = image::RgbImage::from_fn(1400, 1000, |x, y| {
        let noise = (x * 7919 + y * 104_729).wrapping_mul(2_654_435_761);
        image::Rgb([(noise >> 8) as u8, (noise >> 16) as u8, (noise >> 24) as u8])
    });
    let file = pictures::jpeg_of(&noise);
    assert!(file.len() > 1024 * 1024, "{}", file.len());
    assert_eq!(upload(&place, &seed, 1, 1, &file).status, 200);
    let address = format!("/i/{}/original", id(1));
    let ask = |headers: &[(&str, &str)]| image(&place, cookie(&seed, 1), &address, headers);
    assert_eq!(ask(&[]).bytes(), file);
    let size = file.len();
    for (range, start, end) in [
        ("bytes=0-99".to_owned(), 0, 100),
        (format!("bytes={}-", size - 9), size - 9, size),
        ("bytes=-5".to_owned(), size - 5, size),
        (format!("bytes=5-{}", size + 5), 5, size),
    ] {
        let part = ask(&[("range", &range)]);
        assert_eq!(
            (part.status, part.bytes()),
            (206, &file[start..end]),
            "{range}"
        );
        let told = format!("bytes {start}-{}/{size}", end - 1);
        assert_eq!(part.header("content-range"), told);
    }
    let outside = ask(&[("range", &format!("bytes={size}-"))]);
    assert_eq!(outside.status, 416);
    assert_eq!(outside.header("content-range"), format!("bytes */{size}"));
    let tag = ask(&[]).header("etag").to_owned();
    let same = ask(&[("range", "bytes=0-9"), ("if-range", &tag)]);
    assert_eq!(same.status, 206);
    let other = ask(&[("range", "bytes=0-9"), ("if-range", "\"x\"")]);
    assert_eq!((other.status, other.size()), (200, size));
}

#[test]
fn nobody_else_finds_an_image() {
    let (place, seed) = seeded();
    assert_eq!(
        upload(&place, &seed, 1, 1, &pictures::jpeg(400, 300, 1)).status,
        200
    );
    let small = format!("/i/{}/320", id(1));
    let status = |account: usize| image(&place, cookie(&seed, account), &small, &[]).status;
    assert_eq!((status(1), status(2)), (200, 404), "not sent yet");
    show(&place, &seed, 1, 1);
    assert_eq!(status(2), 200);
    assert_eq!(image(&place, "stoa_session=x", &small, &[]).status, 404);
    assert_eq!(place.get(&small).status, 404);
    let me = cookie(&seed, 1);
    for odd in ["", "/", "/640", "/0320", "/original/x", "/..%2foriginal"] {
        assert_eq!(
            image(&place, me, &format!("/i/{}{odd}", id(1)), &[]).status,
            404,
            "{odd}"
        );
    }
    assert_eq!(
        image(&place, me, "/i/..%2f..%2fstoa.db/original", &[]).status,
        404
    );

    let body = |account: usize| json!({"page": seed["pages"][0]["id"], "account": seed["accounts"][account]["id"]});
    let removed = place.call("/api/remove_member", cookie(&seed, 0), &body(2).to_string());
    assert_eq!(removed.status, 200, "{removed:?}");
    assert_eq!(status(2), 404, "removed");
    let message = json!({"page": seed["pages"][0]["id"], "id": id(1)}).to_string();
    assert_eq!(place.call("/api/delete_message", me, &message).status, 200);
    assert_eq!(status(1), 404, "deleted");
}

#[test]
fn an_upload_is_refused_in_words() {
    let (place, seed) = seeded();
    let code = |answer: &Answer| answer.json()["code"].as_str().unwrap().to_owned();
    let big = upload(
        &place,
        &seed,
        1,
        1,
        &pictures::promising_png(50_000, 50_000),
    );
    assert_eq!((big.status, &*code(&big)), (422, "too_many_pixels"));
    assert_eq!(big.json()["detail"]["max"], 64_000_000);
    let page = upload(&place, &seed, 1, 1, b"<html></html>");
    assert_eq!((page.status, &*code(&page)), (415, "not_an_image"));
    let none = upload(&place, &seed, 1, 1, b"");
    assert_eq!(code(&none), "not_an_image");

    let multipart = ("content-type", "multipart/form-data; boundary=part");
    let me = ("cookie", cookie(&seed, 1));
    let body = form("a.jpg", &pictures::jpeg(40, 30, 1));
    let post =
        |path: &str, headers: &[(&str, &str)], body: &[u8]| place.send("POST", path, headers, body);
    let out = post(&path(&seed, 1), &[multipart], &body);
    assert_eq!((out.status, &*code(&out)), (401, "signed_out"));
    let foreign = post(
        &path(&seed, 1),
        &[multipart, me, ("sec-fetch-site", "cross-site")],
        &body,
    );
    assert_eq!((foreign.status, &*code(&foreign)), (403, "foreign_origin"));
    let nowhere = path(&seed, 1).replace("page=", "page=0");
    assert_eq!(
        code(&post(&nowhere, &[multipart, me], &body)),
        "bad_request"
    );
    let strange = format!("/api/upload_image?page={}&id={}", id(9), id(1));
    assert_eq!(code(&post(&strange, &[multipart, me], &body)), "not_found");
    let json = post(
        &path(&seed, 1),
        &[("content-type", "application/json"), me],
        b"{}",
    );
    assert_eq!(code(&json), "bad_request");
    let odd = form("../\u{7}.jpg", b"x");
    assert_eq!(
        code(&post(&path(&seed, 1), &[multipart, me], &odd)),
        "bad_request"
    );
    let cut = post(&path(&seed, 1), &[multipart, me], &body[..body.len() - 20]);
    assert_eq!(code(&cut), "bad_request");
    let two = [&body[..body.len() - 10], &form("b.jpg", b"x")].concat();
    assert_eq!(
        code(&post(&path(&seed, 1), &[multipart, me], &two)),
        "bad_request"
    );
    let data = place.dir.path().join("data");
    assert_eq!(
        files(&data.join("images")) + files(&data.join("incoming")),
        0
    );
}

/// A connection that has sent the head of an upload.
pub(crate) fn begin(place: &Running, seed: &Value, length: &str) -> TcpStream {
    let mut stream = TcpStream::connect(place.host()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\n\
         Content-Type: multipart/form-data; boundary=part\r\n{length}\r\n\r\n",
        path(seed, 1),
        place.host(),
        cookie(seed, 1),
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

#[test]
fn too_large_a_file_is_refused_before_it_is_sent() {
    let (place, seed) = seeded();
    let mut stream = begin(&place, &seed, "Content-Length: 1000000000");
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
}

#[test]
fn a_cut_connection_leaves_nothing_and_the_next_try_works() {
    let (place, seed) = seeded();
    let file = pictures::jpeg(400, 300, 1);
    let body = form("a.jpg", &file);
    let incoming = place.dir.path().join("data/incoming");
    let mut stream = begin(&place, &seed, &format!("Content-Length: {}", body.len()));
    stream.write_all(&body[..body.len() / 2]).unwrap();
    let start = Instant::now();
    while files(&incoming) == 0 {
        assert!(start.elapsed() < Duration::from_secs(5));
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(stream);
    while files(&incoming) > 0 {
        assert!(start.elapsed() < Duration::from_secs(10));
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(upload(&place, &seed, 1, 1, &file).status, 200);
}

#[test]
fn an_end_in_the_middle_of_an_upload_leaves_nothing() {
    let (place, seed) = seeded();
    let file = pictures::jpeg(400, 300, 1);
    let body = form("a.jpg", &file);
    let mut stream = begin(&place, &seed, &format!("Content-Length: {}", body.len()));
    stream.write_all(&body[..body.len() / 2]).unwrap();
    let incoming = place.dir.path().join("data/incoming");
    let start = Instant::now();
    while files(&incoming) == 0 {
        assert!(start.elapsed() < Duration::from_secs(5));
        std::thread::sleep(Duration::from_millis(20));
    }
    place.signal("-KILL");
    let dir = Arc::clone(&place.dir);
    drop(place);
    assert_eq!(files(&incoming), 1);
    let again = Running::start_in(dir, &[]);
    assert_eq!(files(&incoming), 0);
    assert_eq!(upload(&again, &seed, 1, 1, &file).status, 200);
}

#[test]
fn an_image_may_come_as_text() {
    let (place, seed) = seeded();
    let file = pictures::png(300, 200);
    let data = |file: &[u8]| {
        use base64::{Engine, engine::general_purpose::STANDARD};
        format!("data:image/png;base64,{}", STANDARD.encode(file))
    };
    let call = |number: u32, data: &str| {
        let body = json!({"page": seed["pages"][0]["id"], "id": id(number), "data": data});
        place.call(
            "/api/upload_image_data",
            cookie(&seed, 1),
            &body.to_string(),
        )
    };
    let taken = call(1, &data(&file));
    assert_eq!(taken.status, 200, "{taken:?}");
    assert_eq!(taken.json()["kind"], "png");
    let address = format!("/i/{}/original", id(1));
    assert_eq!(image(&place, cookie(&seed, 1), &address, &[]).bytes(), file);
    // More than other calls may take, and up to the same limit as a file.
    let large = call(2, &data(&vec![0; LIMIT]));
    assert_eq!(large.json()["code"], "not_an_image");
    let larger = call(2, &data(&vec![0; LIMIT + 1]));
    assert_eq!(
        (larger.status, &larger.json()["code"]),
        (413, &json!("image_too_large"))
    );

    let discard = json!({"page": seed["pages"][0]["id"], "id": id(1)}).to_string();
    assert_eq!(
        place
            .call("/api/discard_image", cookie(&seed, 1), &discard)
            .status,
        200
    );
    assert_eq!(image(&place, cookie(&seed, 1), &address, &[]).status, 404);
    let gallery = json!({"page": seed["pages"][0]["id"], "limit": 10}).to_string();
    let gallery = place.call("/api/page_images", cookie(&seed, 1), &gallery);
    assert_eq!((gallery.status, gallery.json()), (200, json!([])));
}
