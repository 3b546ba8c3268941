//! GIF (version 89a): what stays are the frames, their timing, and how often they are shown.

use domain::{Image, Refusal};

use super::{Reader, Stripped};

pub(super) fn strip(file: &mut Reader<'_>, to: &mut Stripped) -> Result<(), Refusal> {
    let screen: [u8; 13] = file.array()?;
    to.bytes.extend(screen);
    to.bytes.extend(colours(file, screen[10])?);
    let (mut frames, mut pixels) = (0_usize, 0_u64);
    loop {
        match file.byte()? {
            0x3b => break,
            0x2c => {
                let frame: [u8; 9] = file.array()?;
                let [_, _, _, _, w0, w1, h0, h1, flags] = frame;
                let width = u64::from(u16::from_le_bytes([w0, w1]));
                pixels += width * u64::from(u16::from_le_bytes([h0, h1]));
                frames += 1;
                to.bytes.push(0x2c);
                to.bytes.extend(frame);
                to.bytes.extend(colours(file, flags)?);
                // The size of the codes.
                to.bytes.push(file.byte()?);
                to.bytes.extend(blocks(file)?);
            }
            0x21 => {
                let label = file.byte()?;
                let content = blocks(file)?;
                let repeats = content.starts_with(b"\x0bNETSCAPE2.0")
                    || content.starts_with(b"\x0bANIMEXTS1.0");
                // 0xf9: timing and transparency of the next frame.
                if label == 0xf9 || (label == 0xff && repeats && content.len() <= 32) {
                    to.bytes.extend([0x21, label]);
                    to.bytes.extend(content);
                }
            }
            _ => return Err(Refusal::ImageBroken),
        }
        if frames > Image::MAX_FRAMES || pixels > Image::MAX_FRAME_PIXELS {
            let max = Image::MAX_FRAMES;
            return Err(Refusal::TooManyFrames { max });
        }
    }
    to.bytes.push(0x3b);
    to.frames = frames;
    if frames > 0 {
        Ok(())
    } else {
        Err(Refusal::ImageBroken)
    }
}

/// A table of colours, if the flags say that there is one.
fn colours<'a>(file: &mut Reader<'a>, flags: u8) -> Result<&'a [u8], Refusal> {
    if flags & 0x80 == 0 {
        return Ok(&[]);
    }
    file.take(3 << ((flags & 0x07) + 1))
}

/// Blocks of data, each after its length, up to the empty one that ends them.
fn blocks<'a>(file: &mut Reader<'a>) -> Result<&'a [u8], Refusal> {
    let all = file.0;
    loop {
        let length = usize::from(file.byte()?);
        file.take(length)?;
        if length == 0 {
            return Ok(&all[..all.len() - file.0.len()]);
        }
    }
}
