//! Into a call at Stoa, as a member's browser comes: join, then say what is on the screen.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use str0m::media::{Direction, MediaKind};
use tokio::try_join;

use super::{Person, Plan, link::Link};
use crate::{
    http::{Client, JSON, call},
    stand::Seed,
};

const SIDES: (u32, u32) = (1280, 720);

/// From the join to the end of the load. `sessions`: everybody's, by their numbers.
pub(crate) async fn attend(
    plan: &Plan,
    seed: &Seed,
    sessions: &[String],
    number: usize,
) -> Result<Person> {
    plan.turn(number).await;
    let cookie = &seed.accounts[number].cookie;
    let mut client = Client::open(&plan.address).await?;
    let mut ask = async |name: &str, body: Value| -> Result<Value> {
        let request = call(&plan.address, name, cookie, JSON, &body.to_string());
        Ok(serde_json::from_slice(&client.ok(&request).await?.body)?)
    };
    let mut link = Link::open(plan, number)?;
    let offer = link.offer(plan, &lines(plan))?;
    let (own, others) = offer.mids.split_at(4);
    let (voices, pictures) = others.split_at(plan.voices());
    let join = json!({
        "page": seed.page()?,
        "session": sessions[number],
        "offer": offer.sdp,
        "muted": false,
        "camera": true,
        "mids": {
            "voice": own[0], "camera": own[1], "screen": own[2], "screen_sound": own[3],
            "voices": voices, "pictures": pictures,
        },
    });
    let (voice, camera) = (own[0].clone(), own[1].clone());
    link.tally.asked = Some(plan.now());
    let joined = ask("call_join", join).await?;
    let answer = joined["answer"].as_str().context("no answer")?;
    link.answered(offer, answer)?;
    link.send(plan, &voice, &camera)?;

    let tile = |session: &String| json!({ "session": session, "source": "camera", "width": SIDES.0, "height": SIDES.1 });
    let others = sessions.iter().filter(|of| **of != sessions[number]);
    // Those who come later are on the screen as soon as they are there.
    let tiles: Vec<Value> = others.map(tile).collect();
    let screen = json!({ "session": sessions[number], "seen": tiles });
    try_join!(ask("call_seen", screen), link.run(plan))?;
    link.close(plan)?;
    ask("call_leave", json!({ "session": sessions[number] })).await?;
    Ok(Person::of(number, link))
}

/// Voice, camera, screen and its sound; then as many as there are to hear and to see.
fn lines(plan: &Plan) -> Vec<(MediaKind, Direction)> {
    let (audio, video) = (MediaKind::Audio, MediaKind::Video);
    let own = [audio, video, video, audio].map(|kind| (kind, Direction::SendOnly));
    let several = |kind, count| std::iter::repeat_n((kind, Direction::RecvOnly), count);
    own.into_iter()
        .chain(several(audio, plan.voices()))
        .chain(several(video, plan.people - 1))
        .collect()
}
