//! Facts about decimals: hand-picked answers of PostgreSQL 15, and properties.

use super::*;
use alloc::string::ToString;
use alloc::vec::Vec;

fn d(text: &str) -> Decimal {
    Decimal::parse(text).unwrap()
}

#[test]
fn divides_like_postgresql() {
    for (a, b, quotient) in [
        ("1", "3", "0.33333333333333333333"),
        ("10", "3", "3.3333333333333333"),
        ("2", "3", "0.66666666666666666667"),
        ("1", "7.000", "0.14285714285714285714"),
        ("100000", "3", "33333.333333333333"),
        ("1.00", "8", "0.12500000000000000000"),
        ("-7", "2", "-3.5000000000000000"),
        ("0", "5", "0.00000000000000000000"),
        ("1e30", "7", "142857142857142857142857142857"),
    ] {
        assert_eq!(d(a).div(&d(b)).unwrap().to_string(), quotient, "{a}/{b}");
    }
    assert!(d("1").div(&d("0.0")).is_err());
}

#[test]
fn reads_and_prints() {
    for (text, printed) in [
        ("1.50", "1.50"),
        (" -0.00 ", "0.00"),
        ("1e3", "1000"),
        ("1.25e-3", "0.00125"),
        (".5", "0.5"),
        ("5.", "5"),
        ("inf", "Infinity"),
        ("-Infinity", "-Infinity"),
        ("nan", "NaN"),
        (
            "123456789012345678901234567890123456789012.50",
            "123456789012345678901234567890123456789012.50",
        ),
    ] {
        assert_eq!(d(text).to_string(), printed);
    }
    for wrong in [
        "", ".", "1e", "1 2", "x", "--1", "-nan", "1e-16384", "1e131073",
    ] {
        assert!(Decimal::parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn long_and_short_forms_agree() {
    let mut seed = 11u64;
    let mut next = |bound: u64| {
        seed = seed
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (seed >> 33) % bound
    };
    for _ in 0..3000 {
        let a = (next(1 << 31) as i128 * next(1 << 31) as i128 - (1 << 60)) >> next(60);
        let b = (next(1 << 31) as i128 - (1 << 30)) >> next(30);
        let (sa, sb) = (next(12) as u16, next(12) as u16);
        let (x, y) = (Decimal::new(a, sa), Decimal::new(b, sb));
        let scale = sa.max(sb);
        let (ua, ub) = (
            a * 10i128.pow((scale - sa).into()),
            b * 10i128.pow((scale - sb).into()),
        );
        assert_eq!(x.add(&y).unwrap().as_small(), Some((ua + ub, scale)));
        assert_eq!(x.mul(&y).unwrap().as_small(), Some((a * b, sa + sb)));
        assert_eq!(x.cmp(&y), ua.cmp(&ub));
        if b != 0 {
            assert_eq!(x.rem(&y).unwrap().as_small(), Some((ua % ub, scale)));
            assert_eq!(x.div_trunc(&y).unwrap().as_small(), Some((ua / ub, 0)));
            // A common factor that pushes both into the long form must not change the quotient.
            let (fx, fy) = (x.mul(&d("1e25")).unwrap(), y.mul(&d("1e25")).unwrap());
            let short = x.div_to_scale(&y, 20).unwrap();
            assert_eq!(
                short.to_string(),
                fx.div_to_scale(&fy, 20).unwrap().to_string()
            );
        }
        assert_eq!(d(&x.to_string()).as_small(), Some((a, sa)));
    }
}

#[test]
fn disk_form_round_trips_and_matches_postgresql() {
    let disk = |text: &str| {
        let mut bytes = Vec::new();
        d(text).encode_disk(&mut bytes);
        bytes
    };
    // pg: 1.5 is header 0x8080 (scale 1, weight 0), digits 1, 5000.
    assert_eq!(disk("1.5"), [0x80, 0x80, 1, 0, 0x88, 0x13]);
    assert_eq!(disk("0"), [0x00, 0x80]);
    assert_eq!(disk("10000"), [0x01, 0x80, 1, 0]);
    for text in [
        "0",
        "0.00",
        "-0.0001",
        "12345678.9",
        "1e30",
        "-99999999999999999999.999999",
        "1e-100",
        "123456789012345678901234567890123456789012345.678",
        "1e2000",
        "NaN",
        "Infinity",
        "-Infinity",
        "0.000000000000000000000000000000000000000000000000000000000000000000000001",
    ] {
        let back = Decimal::decode_disk(&disk(text)).unwrap();
        assert_eq!(back.to_string(), d(text).to_string());
    }
    assert!(Decimal::decode_disk(&[1]).is_err());
}

#[test]
fn rounds_and_casts() {
    let round = |text: &str, digits| d(text).round(digits).unwrap().to_string();
    assert_eq!(round("2.5", 0), "3");
    assert_eq!(round("-2.5", 0), "-3");
    assert_eq!(round("1234.567", -2), "1200");
    assert_eq!(round("1.5", 3), "1.500");
    assert_eq!(d("-1.9").trunc(0).unwrap().to_string(), "-1");
    assert_eq!(d("-1.1").floor().unwrap().to_string(), "-2");
    assert_eq!(d("1.1").ceil().unwrap().to_string(), "2");
    assert_eq!(d("2147483647.4").to_i32().unwrap(), i32::MAX);
    assert_eq!(
        d("2147483647.5").to_i32().unwrap_err().message,
        "integer out of range"
    );
    assert_eq!(Decimal::from_f64(0.1).unwrap().to_string(), "0.1");
    assert_eq!(
        Decimal::from_f64(1e20).unwrap().to_string(),
        "100000000000000000000"
    );
    assert_eq!(d("2").sqrt().unwrap().to_string(), "1.414213562373095");
    let typmod = Typmod {
        precision: 5,
        scale: 2,
    };
    assert_eq!(Typmod::unpack(typmod.pack()), Some(typmod));
    assert_eq!(
        d("999.994")
            .apply_typmod(typmod.pack())
            .unwrap()
            .to_string(),
        "999.99"
    );
    let error = d("999.995").apply_typmod(typmod.pack()).unwrap_err();
    assert!(
        error
            .detail
            .as_deref()
            .unwrap()
            .ends_with("less than 10^3.")
    );
}

#[test]
fn functions_print_postgresqls_digits() {
    for (value, printed) in [
        (d("1").exp(), "2.7182818284590452"),
        (d("-20.5").exp(), "0.000000001250152866386743"),
        (d("2").ln(), "0.6931471805599453"),
        (d("1e50").ln(), "115.12925464970228"),
        (d("1.0001").ln(), "0.00009999500033330834"),
        (Decimal::log(&d("2"), &d("64")), "6.0000000000000000"),
        (d("2").power(&d("0.5")), "1.4142135623730950"),
        (d("1.1").power(&d("100")), "13780.6123398222701841"),
        (d("-2").power(&d("-3")), "-0.1250000000000000"),
    ] {
        assert_eq!(value.unwrap().to_string(), printed);
    }
    assert!(d("0").ln().is_err() && d("-8").power(&d("0.5")).is_err() && d("1e6").exp().is_err());
}

#[test]
fn templates_print_as_postgresql() {
    for (value, template, printed) in [
        ("1234.5", "9,999.99", " 1,234.50"),
        ("-0.1", "99.99", "  -.10"),
        ("0.1", "FM0.99", "0.1"),
        ("485", "999PR", " 485 "),
        ("-485", "999PR", "<485>"),
        ("12", "S0000", "+0012"),
        ("12345", "999", " ###"),
        ("485", "FMRN", "CDLXXXV"),
        ("1234.5", "9.99EEEE", " 1.23e+03"),
        ("42", "99th", " 42nd"),
        ("12.4", "99V999", " 12400"),
        ("-12", "9999MI", "  12-"),
    ] {
        assert_eq!(
            to_char(&d(value), template).unwrap(),
            printed,
            "{value} {template}"
        );
    }
    assert_eq!(
        from_char("-34,338,492.5", "99G999G999D9")
            .unwrap()
            .to_string(),
        "-34338492.5"
    );
    assert!(to_char(&d("1"), "9.9.9").is_err());
}
