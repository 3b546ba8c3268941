//! The sound of a call that comes. Browsers let a page sound once somebody has touched it; before that it rings in
//! silence.

use domain::Call;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::AudioContext;

/// Hertz.
const NOTES: [f32; 2] = [587.33, 739.99];
/// Seconds of a note, and from one ring to the next.
const NOTE: f64 = 0.4;
const APART: f64 = 2.5;
/// Seconds until a note is as loud as it gets: without them it clicks.
const RISE: f64 = 0.03;
const LOUD: f32 = 0.2;

/// Sounds from when it is played until it is dropped, or for as long as calls ring.
pub(super) struct Tone(AudioContext);

impl Tone {
    /// Once the browser lets this page sound.
    pub(super) async fn ready() -> Option<Self> {
        let tone = Self(AudioContext::new().ok()?);
        JsFuture::from(tone.0.resume().ok()?).await.ok()?;
        Some(tone)
    }

    pub(super) fn play(&self) -> Result<(), JsValue> {
        let (source, volume) = (self.0.create_oscillator()?, self.0.create_gain()?);
        source.connect_with_audio_node(&volume)?;
        volume.connect_with_audio_node(&self.0.destination())?;
        let (pitch, gain) = (source.frequency(), volume.gain());
        gain.set_value(0.0);
        let now = self.0.current_time();
        for ring in 0..(Call::RING_SECS as f64 / APART) as u32 {
            let begin = now + f64::from(ring) * APART;
            for (at, hertz) in [begin, begin + NOTE].into_iter().zip(NOTES) {
                pitch.set_value_at_time(hertz, at)?;
                gain.set_value_at_time(0.0, at)?;
                gain.linear_ramp_to_value_at_time(LOUD, at + RISE)?;
                gain.linear_ramp_to_value_at_time(0.0, at + NOTE)?;
            }
        }
        source.start()
    }
}

impl Drop for Tone {
    fn drop(&mut self) {
        let _ = self.0.close();
    }
}
