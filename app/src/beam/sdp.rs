//! The one thing in a session description that is ours to add. Pure.

/// The server's answer, so that my browser sends Opus with nothing in silence and with what repairs losses (RFC 7587
/// §6.1): a sender does what the other side's parameters ask for.
pub(super) fn with_opus_asked(answer: &str) -> String {
    const ASKED: [&str; 2] = ["usedtx=1", "useinbandfec=1"];
    let mut written = String::with_capacity(answer.len() + 512);
    let mut opus = String::new();
    for line in answer.split_inclusive("\r\n") {
        if line.starts_with("m=") {
            opus.clear();
        }
        if let Some((kind, codec)) = line
            .strip_prefix("a=rtpmap:")
            .and_then(|l| l.split_once(' '))
            && codec.to_ascii_lowercase().starts_with("opus/")
        {
            opus = format!("a=fmtp:{kind} ");
        }
        match line
            .strip_prefix(opus.as_str())
            .filter(|_| !opus.is_empty())
        {
            Some(parameters) => {
                let parameters = parameters.trim_end();
                written += &opus;
                written += parameters;
                for asked in ASKED.iter().filter(|asked| !parameters.contains(**asked)) {
                    written += ";";
                    written += asked;
                }
                written += "\r\n";
            }
            None => written += line,
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opus_is_asked_for_silence_and_repair_and_nothing_else_is_touched() {
        let answer = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\n\
                      a=fmtp:111 minptime=10;useinbandfec=1\r\n\
                      m=video 9 UDP/TLS/RTP/SAVPF 96 111\r\na=rtpmap:96 VP8/90000\r\na=fmtp:111 apt=96\r\n";
        let asked = with_opus_asked(answer);
        assert!(asked.contains("a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1\r\n"));
        assert!(asked.contains("a=fmtp:111 apt=96\r\n"));
        assert_eq!(asked.len(), answer.len() + ";usedtx=1".len());
    }

    #[test]
    fn an_answer_without_opus_stays_as_it_is() {
        let answer = "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 VP8/90000\r\n";
        assert_eq!(with_opus_asked(answer), answer);
    }
}
