//! Texts accepted, refused and made canonical, as PostgreSQL 15 does.

use super::*;
use alloc::string::ToString;

#[test]
fn canonical_text() {
    for (text, canon) in [
        (
            "{\"bb\":1,\"a\":[1,2.50,1e3],\"a\":null}",
            "{\"a\": null, \"bb\": 1}",
        ),
        (
            " [ true ,false,null,\"\\u00e9\\n\\ud83d\\ude00\\/\" ] ",
            "[true, false, null, \"é\\n😀/\"]",
        ),
        ("[1.50, 1e3, -0, 1e-2]", "[1.50, 1000, 0, 0.01]"),
        ("{}", "{}"),
        ("\"\\u0001\"", "\"\\u0001\""),
        (
            "{\"b\":{\"aa\":1,\"c\":2},\"a\":[]}",
            "{\"a\": [], \"b\": {\"c\": 2, \"aa\": 1}}",
        ),
    ] {
        assert_eq!(canonical(text).unwrap(), canon);
        assert_eq!(canonical(canon).unwrap(), canon);
        validate(text).unwrap();
    }
}

#[test]
fn refusals_quote_the_place() {
    let why = |text: &str| {
        let error = canonical(text).unwrap_err();
        (
            error.detail.clone().unwrap_or_default(),
            error.context.clone().unwrap_or_default(),
        )
    };
    for (text, detail) in [
        ("", "The input string ended unexpectedly."),
        ("{\"a\":", "The input string ended unexpectedly."),
        ("abc", "Token \"abc\" is invalid."),
        ("'a'", "Token \"'\" is invalid."),
        ("01", "Token \"01\" is invalid."),
        ("1.", "Token \"1.\" is invalid."),
        ("{\"a\" 1}", "Expected \":\", but found \"1\"."),
        ("{1:2}", "Expected string or \"}\", but found \"1\"."),
        ("{\"a\":1,}", "Expected string, but found \"}\"."),
        ("[1 2]", "Expected \",\" or \"]\", but found \"2\"."),
        ("[1,]", "Expected JSON value, but found \"]\"."),
        ("1 2", "Expected end of input, but found \"2\"."),
        ("\"a", "Token \"\"a\" is invalid."),
        ("\"\\x\"", "Escape sequence \"\\x\" is invalid."),
        (
            "\"\\u12\"",
            "\"\\u\" must be followed by four hexadecimal digits.",
        ),
        (
            "\"\\ud800\"",
            "Unicode low surrogate must follow a high surrogate.",
        ),
        ("\"a\tb\"", "Character with value 0x09 must be escaped."),
    ] {
        assert_eq!(why(text).0, detail, "{text}");
    }
    assert_eq!(
        why("{\"a\":1,\n \"b\" x}").1,
        "JSON data, line 2:  \"b\" x..."
    );
    assert_eq!(canonical("\"\\u0000\"").unwrap_err().code.as_str(), "22P05");
    validate("\"\\u0000\"").unwrap();
}

#[test]
fn depth_is_bounded() {
    let deep = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert!(parse(&deep(900)).is_ok());
    assert_eq!(parse(&deep(100_000)).err().unwrap().code.as_str(), "54001");
}

#[test]
fn paths_and_containment() {
    let value = parse("{\"a\":[1,{\"b\":\"x\"}],\"c\":null}").unwrap();
    assert_eq!(
        value
            .step("a")
            .and_then(|a| a.step("-1"))
            .and_then(|o| o.step("b"))
            .unwrap()
            .to_text()
            .unwrap(),
        "x"
    );
    assert_eq!(value.member("c").unwrap().to_text(), None);
    let contains = |a: &str, b: &str| parse(a).unwrap().contains(&parse(b).unwrap());
    assert!(contains(
        "{\"a\":[1,2,{\"b\":3}],\"c\":1}",
        "{\"a\":[{\"b\":3},1]}"
    ));
    assert!(contains("[1,2]", "1") && !contains("[[1]]", "[1]") && !contains("1", "[1]"));
    let mut order = [
        "[1]",
        "{}",
        "null",
        "\"b\"",
        "true",
        "[]",
        "2",
        "10",
        "\"ab\"",
        "{\"a\":1}",
    ];
    order.sort_by(|a, b| parse(a).unwrap().compare(&parse(b).unwrap()));
    assert_eq!(
        order,
        [
            "[]",
            "null",
            "\"ab\"",
            "\"b\"",
            "2",
            "10",
            "true",
            "[1]",
            "{}",
            "{\"a\":1}"
        ]
    );
    let mut pretty = String::new();
    write_pretty(&mut pretty, &parse("{\"a\":[1]}").unwrap(), 0).unwrap();
    assert_eq!(pretty.to_string(), "{\n    \"a\": [\n        1\n    ]\n}");
}
