//! One file on its way to the server: with progress from real bytes, tried again while the network fails, stopped when
//! nobody wants it any more.

use domain::{Image, ImageId, PageId, Refusal};
use futures::{channel::oneshot, future::Either};
use gloo_file::File;
use gloo_timers::future::TimeoutFuture;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{FormData, ProgressEvent, XmlHttpRequest};

use crate::Problem;

const LONGEST_WAIT: u32 = 8_000;
/// No byte for so long: the line is dead, whatever the browser thinks (milliseconds).
const SILENCE: u32 = 30_000;
/// A failure that is not the network's may be over soon; after so many tries it is shown.
const TRIES: u32 = 3;

/// Until it is there, or is refused. `told` is called with the part that is sent, from 0 to 1; `wanted` is asked before
/// each try.
pub(super) async fn upload(
    page: PageId,
    id: ImageId,
    file: &File,
    told: impl Fn(f64) + Clone + 'static,
    wanted: impl Fn() -> bool + Clone + 'static,
) -> Option<Result<Image, Problem>> {
    let mut failures = 0;
    while wanted() {
        told(0.0);
        match once(page, id, file, told.clone(), wanted.clone()).await {
            Err(Problem::Network(_)) => wait(failures).await,
            Err(Problem::Refused(Refusal::TooMany { seconds })) => {
                TimeoutFuture::new(seconds.clamp(1, 600) * 1000).await;
            }
            Err(Problem::Failed { .. }) if failures + 1 < TRIES => wait(failures).await,
            answer => return Some(answer),
        }
        failures += 1;
    }
    None
}

async fn wait(failures: u32) {
    TimeoutFuture::new((500 << failures.min(5)).min(LONGEST_WAIT)).await;
}

async fn once(
    page: PageId,
    id: ImageId,
    file: &File,
    told: impl Fn(f64) + 'static,
    wanted: impl Fn() -> bool,
) -> Result<Image, Problem> {
    let lost = |_| Problem::Network("the browser sends nothing".into());
    let request = XmlHttpRequest::new().map_err(lost)?;
    let url = format!("/api/upload_image?page={page}&id={id}");
    request.open("POST", &url).map_err(lost)?;
    let form = FormData::new().map_err(lost)?;
    form.append_with_blob_and_filename("image", file.as_ref(), "image")
        .map_err(lost)?;

    let moved = std::rc::Rc::new(std::cell::Cell::new(0_u32));
    let seen = std::rc::Rc::clone(&moved);
    let progress = Closure::<dyn FnMut(ProgressEvent)>::new(move |event: ProgressEvent| {
        seen.set(seen.get().wrapping_add(1));
        if event.length_computable() && event.total() > 0.0 {
            told(event.loaded() / event.total());
        }
    });
    let (done, mut ended) = oneshot::channel();
    let mut done = Some(done);
    let end = Closure::<dyn FnMut()>::new(move || {
        if let Some(done) = done.take() {
            let _ = done.send(());
        }
    });
    if let Ok(upload) = request.upload() {
        upload.set_onprogress(Some(progress.as_ref().unchecked_ref()));
    }
    request.set_onloadend(Some(end.as_ref().unchecked_ref()));
    request.send_with_opt_form_data(Some(&form)).map_err(lost)?;

    let (mut silent, mut before) = (0, moved.get());
    loop {
        const LOOK: u32 = 250;
        match futures::future::select(ended, TimeoutFuture::new(LOOK)).await {
            Either::Left(_) => break,
            Either::Right(((), still)) => ended = still,
        }
        silent = if moved.get() == before {
            silent + LOOK
        } else {
            0
        };
        before = moved.get();
        if silent > SILENCE || !wanted() {
            request.set_onloadend(None);
            let _ = request.abort();
            return Err(Problem::Network("no byte for long".into()));
        }
    }
    answer(&request)
}

fn answer(request: &XmlHttpRequest) -> Result<Image, Problem> {
    let status = request.status().unwrap_or(0);
    let text = request.response_text().ok().flatten().unwrap_or_default();
    if status == 200 {
        let read = serde_json::from_str(&text);
        return read.map_err(|error| Problem::Network(error.to_string()));
    }
    let problem = serde_json::from_str::<Problem>(&text);
    Err(problem.unwrap_or_else(|_| Problem::Network(format!("status {status}"))))
}
