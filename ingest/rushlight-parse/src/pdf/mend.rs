//! Mends in an opened document what the first engine stumbles over, and no other reader does.

use pdf_extract::{Document, Object, ObjectId};

/// Widths that are written out for one font; there are no more codes.
const MAX_WIDTHS: usize = 1 << 16;

/// Mends a document whose pages these are.
pub(crate) fn mend(document: &mut Document, pages: &[ObjectId]) {
    ensure_media_boxes(document, pages);
    resolve_filters(document);
    write_out_widths(document);
    scale_widths(document);
}

/// A page's own entry, or that of the nearest node above it that has one.
pub(crate) fn inherited<'a>(document: &'a Document, page: ObjectId, key: &[u8]) -> Option<&'a Object> {
    let mut id = page;
    // Page trees are shallow; a longer chain is a loop.
    for _ in 0..64 {
        let dictionary = document.get_dictionary(id).ok()?;
        if let Ok(object) = dictionary.get(key) {
            return document.dereference(object).ok().map(|(_, object)| object);
        }
        id = reference(dictionary, b"Parent")?;
    }
    None
}

/// A dictionary's reference to another object.
pub(crate) fn reference(dictionary: &pdf_extract::Dictionary, key: &[u8]) -> Option<ObjectId> {
    dictionary.get(key).and_then(Object::as_reference).ok()
}

/// A page without a media box is broken, and the engine refuses it; readers take it for a sheet of paper.
fn ensure_media_boxes(document: &mut Document, pages: &[ObjectId]) {
    for id in pages {
        let media_box = inherited(document, *id, b"MediaBox").and_then(|object| object.as_array().ok());
        if media_box.is_some_and(|corners| corners.len() == 4) {
            continue;
        }
        if let Ok(page) = document.get_dictionary_mut(*id) {
            let sheet = [0i64, 0, 595, 842].into_iter().map(Object::Integer).collect();
            page.set("MediaBox", Object::Array(sheet));
        }
    }
}

/// Puts the names of a stream's filters where the library looks for them: in the stream's own dictionary.
fn resolve_filters(document: &mut Document) {
    let resolve = |object: &Object| document.dereference(object).map(|(_, object)| object.clone());
    let mut found = Vec::new();
    for (id, object) in &document.objects {
        let Object::Stream(stream) = object else {
            continue;
        };
        for key in ["Filter", "DecodeParms"] {
            let direct = match stream.dict.get(key.as_bytes()) {
                Ok(reference @ Object::Reference(_)) => resolve(reference).ok(),
                Ok(Object::Array(items)) if items.iter().any(|item| matches!(item, Object::Reference(_))) => {
                    let items: Result<Vec<Object>, _> = items.iter().map(resolve).collect();
                    items.ok().map(Object::Array)
                }
                _ => None,
            };
            found.extend(direct.map(|direct| (*id, key, direct)));
        }
    }
    for (id, key, direct) in found {
        if let Some(Object::Stream(stream)) = document.objects.get_mut(&id) {
            stream.dict.set(key, direct);
        }
    }
}

/// Fonts of large character sets state their widths as `first [width …]` or `first last width`. The engine misreads the
/// second form, takes the widths for zero and sees a gap behind each such glyph; it gets them in the first form.
fn write_out_widths(document: &mut Document) {
    let mut found = Vec::new();
    for (id, object) in &document.objects {
        let Object::Dictionary(font) = object else {
            continue;
        };
        let widths = font.get(b"W").and_then(|widths| document.dereference(widths));
        let Ok((_, Object::Array(widths))) = widths else {
            continue;
        };
        found.extend(written_out(document, widths).map(|widths| (*id, widths)));
    }
    for (id, widths) in found {
        if let Some(Object::Dictionary(font)) = document.objects.get_mut(&id) {
            font.set("W", Object::Array(widths));
        }
    }
}

/// Fonts whose glyphs are drawn by the document (TeX makes them of bitmaps) state widths in a space of their own. The engine
/// takes them for thousandths of an em, which sets what follows a glyph at a wrong place; it gets them as such.
fn scale_widths(document: &mut Document) {
    let mut found = Vec::new();
    for (id, object) in &document.objects {
        let Object::Dictionary(font) = object else {
            continue;
        };
        if font
            .get(b"Subtype")
            .and_then(Object::as_name)
            .is_ok_and(|name| name == b"Type3")
        {
            found.extend(scaled(document, font).map(|widths| (*id, widths)));
        }
    }
    for (id, widths) in found {
        if let Some(Object::Dictionary(font)) = document.objects.get_mut(&id) {
            font.set("Widths", Object::Array(widths));
        }
    }
}

/// The font's widths in thousandths of an em; `None` where they are, or where something is wrong with them.
fn scaled(document: &Document, font: &pdf_extract::Dictionary) -> Option<Vec<Object>> {
    let numbers = |key: &[u8]| -> Option<Vec<f32>> {
        let (_, list) = document.dereference(font.get(key).ok()?).ok()?;
        let numbers = list.as_array().ok()?.iter();
        numbers
            .map(|number| document.dereference(number).ok()?.1.as_float().ok())
            .collect()
    };
    let scale = numbers(b"FontMatrix")?.first()?.abs() * 1000.0;
    if !scale.is_normal() || (scale - 1.0).abs() < 1e-3 {
        return None;
    }
    let widths = numbers(b"Widths")?;
    Some(
        widths
            .into_iter()
            .map(|width| Object::Real(width * scale))
            .collect(),
    )
}

/// The widths without ranges; `None` where there is none, or something else is wrong with them.
fn written_out(document: &Document, widths: &[Object]) -> Option<Vec<Object>> {
    let item = |at: usize| {
        let (_, object) = document.dereference(widths.get(at)?).ok()?;
        Some(object)
    };
    let mut out = Vec::new();
    let mut count = 0usize;
    let mut has_ranges = false;
    let mut at = 0;
    while at < widths.len() {
        let first = item(at)?.as_i64().ok()?;
        match item(at + 1)? {
            Object::Array(list) => {
                out.extend([Object::Integer(first), Object::Array(list.clone())]);
                at += 2;
            }
            last => {
                let length = usize::try_from(last.as_i64().ok()?.checked_sub(first)?)
                    .ok()?
                    .checked_add(1)?;
                let width = item(at + 2)?.clone();
                count = count.checked_add(length).filter(|count| *count <= MAX_WIDTHS)?;
                out.extend([Object::Integer(first), Object::Array(vec![width; length])]);
                has_ranges = true;
                at += 3;
            }
        }
    }
    has_ranges.then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(numbers: &[i64]) -> Vec<Object> {
        numbers.iter().map(|n| Object::Integer(*n)).collect()
    }

    #[test]
    fn ranges_of_widths_are_written_out_and_bounded() {
        let document = Document::new();
        let mut widths = vec![Object::Integer(7), Object::Array(numbers(&[500, 600]))];
        assert_eq!(written_out(&document, &widths), None, "nothing to do");
        widths.extend(numbers(&[19, 21, 556]));
        let expected = vec![
            Object::Integer(7),
            Object::Array(numbers(&[500, 600])),
            Object::Integer(19),
            Object::Array(numbers(&[556, 556, 556])),
        ];
        assert_eq!(written_out(&document, &widths), Some(expected));
        for wrong in [
            &[1, i64::MAX, 5][..],
            &[i64::MIN, 5, 5],
            &[9, 3, 5],
            &[1, 2],
            &[0, 70_000, 1],
        ] {
            assert_eq!(written_out(&document, &numbers(wrong)), None, "{wrong:?}");
        }
    }

    #[test]
    fn widths_of_drawn_fonts_become_thousandths() {
        let mut document = Document::new();
        let widths = document.add_object(Object::Array(numbers(&[20, 40])));
        let mut font = pdf_extract::Dictionary::new();
        font.set("Subtype", Object::Name(b"Type3".to_vec()));
        font.set("Widths", Object::Reference(widths));
        let matrix = |scale: f32| {
            let entries = [scale, 0.0, 0.0, scale, 0.0, 0.0];
            Object::Array(entries.into_iter().map(Object::Real).collect())
        };
        for (scale, expected) in [(0.02, Some([400.0, 800.0])), (0.001, None), (f32::NAN, None)] {
            font.set("FontMatrix", matrix(scale));
            let found = scaled(&document, &font);
            let found = found.map(|widths| {
                widths
                    .iter()
                    .map(|w| w.as_float().expect("a number"))
                    .collect::<Vec<_>>()
            });
            let near = |(a, b): (&f32, &f32)| (a - b).abs() < 0.1;
            assert_eq!(found.is_some(), expected.is_some(), "{scale}");
            if let (Some(found), Some(expected)) = (found, expected) {
                assert!(found.iter().zip(&expected).all(near), "{found:?}");
            }
        }
        font.set("FontMatrix", matrix(0.02));
        let id = document.add_object(Object::Dictionary(font));
        scale_widths(&mut document);
        let font = document.get_dictionary(id).expect("still there");
        assert_eq!(
            font.get(b"Widths").and_then(Object::as_array).map(Vec::len).ok(),
            Some(2)
        );
    }

    #[test]
    fn filters_are_put_into_the_stream_itself() {
        let mut document = Document::new();
        let filter = document.add_object(Object::Name(b"FlateDecode".to_vec()));
        let mut dictionary = pdf_extract::Dictionary::new();
        dictionary.set("Filter", Object::Array(vec![Object::Reference(filter)]));
        let id = document.add_object(Object::Stream(pdf_extract::Stream::new(dictionary, vec![])));
        resolve_filters(&mut document);
        let stream = document
            .get_object(id)
            .and_then(Object::as_stream)
            .expect("still there");
        assert_eq!(stream.filters().expect("named"), [b"FlateDecode"]);
    }
}
