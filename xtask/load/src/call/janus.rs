//! Into a room of Janus' videoroom over its HTTP API: one connection to publish, one that brings all others.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use str0m::{
    change::SdpOffer,
    media::{Direction, MediaKind},
};
use tokio::{time::sleep, try_join};

use super::{Person, Plan, link::Link};
use crate::http::Client;

/// As its configuration names it.
const ROOM: u32 = 1;
const PLUGIN: &str = "janus.plugin.videoroom";
const TRIES: u32 = 40;

/// The first half of the turns is for those who publish, the second for those who watch: a person is both.
pub(crate) async fn attend(plan: &Plan, number: usize) -> Result<Person> {
    let (published, watched) = try_join!(publish(plan, number), watch(plan, number))?;
    Ok(Person {
        number,
        sent: published.sent,
        tally: watched.tally,
    })
}

async fn publish(plan: &Plan, number: usize) -> Result<Link> {
    plan.turn(number).await;
    let mut handle = Handle::open(&plan.address).await?;
    let mut link = Link::open(plan, number)?;
    let lines = [MediaKind::Audio, MediaKind::Video].map(|kind| (kind, Direction::SendOnly));
    let offer = link.offer(plan, &lines)?;
    let (voice, camera) = (offer.mids[0].clone(), offer.mids[1].clone());
    let body = json!({ "request": "joinandconfigure", "ptype": "publisher", "room": ROOM, "id": feed(number) });
    let jsep = json!({ "type": "offer", "sdp": offer.sdp });
    let event = handle.ask(&body, Some(jsep)).await?;
    let answer = event["jsep"]["sdp"].as_str().context("no answer")?;
    link.answered(offer, answer)?;
    link.send(plan, &voice, &camera)?;
    plan.publish(number, voice, camera);
    link.run(plan).await?;
    link.close(plan)?;
    Ok(link)
}

async fn watch(plan: &Plan, number: usize) -> Result<Link> {
    plan.turn(plan.people + number).await;
    let mut link = Link::open(plan, number)?;
    let published = plan.published();
    ensure!(
        published.len() == plan.people,
        "only {} of {} publish",
        published.len(),
        plan.people
    );
    let others = published.iter().filter(|(other, _)| **other != number);
    let mut streams = Vec::new();
    for (index, (other, (voice, camera))) in others.enumerate() {
        streams.push(json!({ "feed": feed(*other), "mid": camera }));
        if index < plan.voices() {
            streams.push(json!({ "feed": feed(*other), "mid": voice }));
        }
    }
    let mut handle = Handle::open(&plan.address).await?;
    let body =
        json!({ "request": "join", "ptype": "subscriber", "room": ROOM, "streams": streams });
    let mut tries = 0;
    let event = loop {
        link.tally.asked = Some(plan.now());
        match handle.ask(&body, None).await {
            // Whoever publishes has the answer some moments before the room has the streams.
            Err(error) if error.to_string().starts_with("No such mid") && tries < TRIES => {
                tries += 1;
                sleep(Duration::from_millis(50)).await;
            }
            asked => break asked?,
        }
    };
    let offer = event["jsep"]["sdp"].as_str().context("no offer")?;
    let offer = SdpOffer::from_sdp_string(offer)?;
    let answer = link.rtc.sdp_api().accept_offer(offer)?;
    let jsep = json!({ "type": "answer", "sdp": answer.to_sdp_string() });
    let body = json!({ "request": "start" });
    try_join!(handle.ask(&body, Some(jsep)), link.run(plan))?;
    link.close(plan)?;
    Ok(link)
}

fn feed(number: usize) -> usize {
    number + 1
}

/// A session of the API with one handle of the plugin.
struct Handle {
    client: Client,
    address: String,
    session: String,
    id: u64,
    asked: u32,
}

impl Handle {
    async fn open(address: &str) -> Result<Self> {
        let mut handle = Self {
            client: Client::open(address).await?,
            address: address.to_owned(),
            session: "/janus".to_owned(),
            id: 0,
            asked: 0,
        };
        let made = handle.post("", &json!({ "janus": "create" })).await?;
        let id = made["data"]["id"].as_u64().context("no session")?;
        handle.session = format!("/janus/{id}");
        let attach = json!({ "janus": "attach", "plugin": PLUGIN });
        let made = handle.post("", &attach).await?;
        handle.id = made["data"]["id"].as_u64().context("no handle")?;
        Ok(handle)
    }

    /// Says something to the plugin, and waits for the event that answers it.
    async fn ask(&mut self, body: &Value, jsep: Option<Value>) -> Result<Value> {
        let mut message = json!({ "janus": "message", "body": body });
        if let Some(jsep) = jsep {
            message["jsep"] = jsep;
        }
        let path = format!("/{}", self.id);
        self.post(&path, &message).await?;
        let transaction = self.asked.to_string();
        loop {
            let get = format!(
                "GET {}?maxev=1 HTTP/1.1\r\nHost: {}\r\n\r\n",
                self.session, self.address
            );
            let event: Value = serde_json::from_slice(&self.client.ok(&get).await?.body)?;
            if event["transaction"] == *transaction && event["janus"] == "event" {
                let said = &event["plugindata"]["data"];
                if let Some(error) = said["error"].as_str() {
                    bail!("{error}: {body}");
                }
                return Ok(event);
            }
        }
    }

    async fn post(&mut self, path: &str, body: &Value) -> Result<Value> {
        self.asked += 1;
        let mut body = body.clone();
        body["transaction"] = self.asked.to_string().into();
        let body = body.to_string();
        let request = format!(
            "POST {}{path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.session,
            self.address,
            body.len()
        );
        let answer = self.client.ok(&request).await?;
        let answer: Value = serde_json::from_slice(&answer.body)?;
        ensure!(
            answer["janus"] == "success" || answer["janus"] == "ack",
            "{answer}"
        );
        Ok(answer)
    }
}
