//! A foreign picture to a small JPEG of our own making.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Cursor, Seek, Write};
use std::os::fd::{AsFd, OwnedFd};

use fast_image_resize::images::Image;
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ExtendedColorType, ImageDecoder, ImageError, ImageReader, Limits};
use stead_rules::limits;

use super::Descriptors;
use super::wire::Reply;

/// Sharp enough on a television, about 300 kB at 1920 px.
const QUALITY: u8 = 82;

/// Why no picture came of a file.
#[derive(Debug, thiserror::Error)]
pub(super) enum PictureError {
    #[error("the picture has more than {} million points", limits::PICTURE_PIXELS_MAX / 1_000_000)]
    TooLarge,
    #[error("the file holds no picture that can be read (JPEG, PNG and WebP can)")]
    Unreadable,
    #[error("the picture could not be written")]
    Write,
}

/// Makes a picture from the picture file in `descriptors`.
pub(super) fn make(descriptors: &Descriptors, widest: u32) -> Reply {
    let made = whole(descriptors)
        .and_then(|input| decode(BufReader::new(input)))
        .and_then(|picture| write(picture, descriptors, widest));
    reply(made)
}

/// The input from its start: whoever wrote it may have left the shared position at its end.
fn whole(descriptors: &Descriptors) -> Result<File, PictureError> {
    let input = descriptors.input.try_clone().map_err(|_| PictureError::Unreadable)?;
    let mut input = File::from(input);
    input.rewind().map_err(|_| PictureError::Unreadable)?;
    Ok(input)
}

/// Makes a picture from one that lay inside another file.
pub(super) fn make_from(bytes: &[u8], descriptors: &Descriptors, widest: u32) -> Reply {
    let decoded = decode(Cursor::new(bytes));
    reply(decoded.and_then(|picture| write(picture, descriptors, widest)))
}

fn reply(made: Result<(u32, u32), PictureError>) -> Reply {
    match made {
        Ok((width, height)) => Reply::Made { width, height },
        Err(error) => Reply::Refused { detail: error.to_string() },
    }
}

/// Decodes, turned the way its camera was held, without transparency.
fn decode(source: impl BufRead + Seek) -> Result<DynamicImage, PictureError> {
    let reader = ImageReader::new(source).with_guessed_format();
    let mut decoder =
        reader.map_err(|_| PictureError::Unreadable)?.into_decoder().map_err(unreadable)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > limits::PICTURE_PIXELS_MAX {
        return Err(PictureError::TooLarge);
    }
    let mut bounds = Limits::no_limits();
    bounds.max_alloc = Some(limits::PICTURE_MEMORY_BYTES);
    decoder.set_limits(bounds).map_err(unreadable)?;
    let orientation = decoder.orientation().map_err(unreadable)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(unreadable)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

fn unreadable(error: ImageError) -> PictureError {
    match error {
        ImageError::Limits(_) => PictureError::TooLarge,
        ImageError::Decoding(_)
        | ImageError::Encoding(_)
        | ImageError::Parameter(_)
        | ImageError::Unsupported(_)
        | ImageError::IoError(_) => PictureError::Unreadable,
    }
}

fn write(
    picture: DynamicImage,
    descriptors: &Descriptors,
    widest: u32,
) -> Result<(u32, u32), PictureError> {
    let (width, height) = (picture.width(), picture.height());
    let whole = Image::from_vec_u8(width, height, flat(picture), PixelType::U8x4)
        .map_err(|_| PictureError::Unreadable)?;
    write_jpeg(&shrunk(whole, widest)?, &descriptors.output)?;
    Ok((width, height))
}

/// Four bytes to a point, the only kind that is resized here; what shines through becomes white.
fn flat(picture: DynamicImage) -> Vec<u8> {
    if let DynamicImage::ImageRgb8(photo) = picture {
        return spread(photo.into_raw());
    }
    let mut points = picture.into_rgba8().into_raw();
    for point in points.chunks_exact_mut(4) {
        if let [red, green, blue, alpha] = point {
            for part in [red, green, blue] {
                *part = over_white(*part, *alpha);
            }
            *alpha = u8::MAX;
        }
    }
    points
}

/// A fourth byte to each point of three. In their own memory: a photo and its copy are more than a
/// worker may have.
fn spread(mut bytes: Vec<u8>) -> Vec<u8> {
    let points = bytes.len() / 3;
    bytes.truncate(points * 3);
    bytes.reserve_exact(points);
    bytes.resize(points * 4, u8::MAX);
    for point in (0..points).rev() {
        bytes.copy_within(point * 3..point * 3 + 3, point * 4);
        if let Some(fourth) = bytes.get_mut(point * 4 + 3) {
            *fourth = u8::MAX;
        }
    }
    bytes
}

fn over_white(part: u8, alpha: u8) -> u8 {
    let mixed = u16::from(part) * u16::from(alpha) + 255 * (255 - u16::from(alpha));
    u8::try_from(mixed / 255).unwrap_or(u8::MAX)
}

/// At most `widest` wide, never enlarged; twice `widest` is the most in height, so that a strip
/// of a long panorama stays a small file.
fn shrunk(source: Image<'static>, widest: u32) -> Result<Image<'static>, PictureError> {
    let (width, height) = fit(source.width(), source.height(), widest, widest.saturating_mul(2));
    if (width, height) == (source.width(), source.height()) {
        return Ok(source);
    }
    let mut target = Image::new(width, height, PixelType::U8x4);
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom))
        .use_alpha(false);
    Resizer::new().resize(&source, &mut target, &options).map_err(|_| PictureError::Unreadable)?;
    Ok(target)
}

/// The largest size of the same shape within both bounds, at least one point each way.
fn fit(width: u32, height: u32, widest: u32, highest: u32) -> (u32, u32) {
    let (w, h) = (u64::from(width.max(1)), u64::from(height.max(1)));
    let by_width = (u64::from(widest).min(w), h * u64::from(widest).min(w) / w);
    let chosen = if by_width.1 > u64::from(highest) {
        (w * u64::from(highest) / h, u64::from(highest))
    } else {
        by_width
    };
    let narrow = |points: u64| u32::try_from(points.max(1)).unwrap_or(1);
    (narrow(chosen.0), narrow(chosen.1))
}

fn write_jpeg(picture: &Image<'_>, to: impl AsFd) -> Result<(), PictureError> {
    let file: OwnedFd = to.as_fd().try_clone_to_owned().map_err(|_| PictureError::Write)?;
    let mut out = BufWriter::new(File::from(file));
    let points = picture.buffer().chunks_exact(4);
    let rgb: Vec<u8> = points.flat_map(|point| point.iter().take(3)).copied().collect();
    JpegEncoder::new_with_quality(&mut out, QUALITY)
        .encode(&rgb, picture.width(), picture.height(), ExtendedColorType::Rgb8)
        .map_err(|_| PictureError::Write)?;
    out.flush().map_err(|_| PictureError::Write)
}

#[cfg(test)]
mod tests {
    use super::{fit, flat, over_white, spread};
    use image::{DynamicImage, Rgb, RgbImage, Rgba, RgbaImage};

    #[test]
    fn pictures_keep_their_shape_and_never_grow() {
        let cases = [
            ((4000, 3000), (320, 240)),
            ((100, 50), (100, 50)),
            ((20_000, 10), (320, 1)),
            ((10, 20_000), (1, 640)),
            ((1, 1), (1, 1)),
        ];
        for ((width, height), expected) in cases {
            assert_eq!(fit(width, height, 320, 640), expected, "{width}x{height}");
        }
    }

    #[test]
    fn transparency_becomes_white() {
        assert_eq!([over_white(0, 0), over_white(0, 255), over_white(7, 255)], [255, 0, 7]);
        let half = RgbaImage::from_pixel(1, 2, Rgba([0, 255, 100, 51]));
        let flattened = flat(DynamicImage::ImageRgba8(half));
        assert_eq!(flattened, [204, 255, 224, 255, 204, 255, 224, 255]);
    }

    #[test]
    fn a_photo_gets_its_fourth_bytes_in_place() {
        assert_eq!(
            spread(vec![1, 2, 3, 4, 5, 6, 7, 8, 9]),
            [1, 2, 3, 255, 4, 5, 6, 255, 7, 8, 9, 255]
        );
        assert!(spread(Vec::new()).is_empty());
        let photo = RgbImage::from_pixel(2, 1, Rgb([9, 8, 7]));
        assert_eq!(flat(DynamicImage::ImageRgb8(photo)), [9, 8, 7, 255, 9, 8, 7, 255]);
    }
}
