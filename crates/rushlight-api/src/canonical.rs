//! JSON in one form only, to be hashed: RFC 8785, but that whole numbers are written in full.

use serde_json::{Number, Value};

/// The value without white space, the members of each object in the order of their names (as UTF-16), strings with no more
/// escapes than JSON demands, numbers as ECMAScript writes them.
pub(crate) fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(members) => {
            let mut names: Vec<&String> = members.keys().collect();
            names.sort_by(|a, b| a.encode_utf16().cmp(b.encode_utf16()));
            out.push('{');
            for (index, name) in names.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                string(name, out);
                out.push(':');
                write(&members[name], out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::String(text) => string(text, out),
        Value::Number(value) => number(value, out),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Null => out.push_str("null"),
    }
}

fn string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// The shortest digits that stand for the number: with a decimal point from a millionth up to below 10^21, else with an
/// exponent.
fn number(number: &Number, out: &mut String) {
    if !number.is_f64() {
        return out.push_str(&number.to_string());
    }
    let value = number.as_f64().unwrap_or_default();
    let size = value.abs();
    let text = if value == 0.0 {
        "0".to_owned()
    } else if (1e-6..1e21).contains(&size) {
        format!("{value}")
    } else if size >= 1e21 {
        format!("{value:e}").replace('e', "e+")
    } else {
        format!("{value:e}")
    };
    out.push_str(&text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn form(json: &str) -> String {
        canonical(&serde_json::from_str(json).expect("JSON"))
    }

    #[test]
    fn one_value_has_one_form() {
        // After RFC 8785, section 3.2.3 and appendix B.
        assert_eq!(
            form(
                r#"{"numbers": [333333333.25, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
                "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}"#
            ),
            "{\"literals\":[null,true,false],\"numbers\":[333333333.25,1e+30,4.5,0.002,1e-27],\
             \"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}"
        );
        assert_eq!(
            form("{\"\u{fb33}\": 1, \"\u{1f600}\": 2, \"\\r\": 3, \"1\": 4}"),
            "{\"\\r\":3,\"1\":4,\"\u{1f600}\":2,\"\u{fb33}\":1}"
        );
        assert_eq!(
            form("[1.0, -0.0, 1e-7, 0.000001, 1e20, 18446744073709551615]"),
            "[1,0,1e-7,0.000001,100000000000000000000,18446744073709551615]"
        );
    }

    proptest! {
        #[test]
        fn writing_and_reading_again_changes_nothing(
            value in prop_oneof![-1e9f32..1e9, -1f32..1.0, -1e-9f32..1e-9].prop_filter("of our sizes", |v| *v == 0.0 || v.abs() > 1e-12),
            text in ".*",
        ) {
            let json = serde_json::to_string(&(value, &text)).expect("JSON");
            let read: Value = serde_json::from_str(&json).expect("own output");
            let pretty = serde_json::to_string_pretty(&read).expect("JSON");
            prop_assert_eq!(canonical(&read), form(&pretty));
            prop_assert_eq!(canonical(&read), form(&canonical(&read)));
        }
    }
}
