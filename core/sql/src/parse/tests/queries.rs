//! Queries and changes.

use std::format;
use std::string::String;
use std::vec::Vec;

use super::super::{deparse, parse, parse_one};

/// Statements that must parse; the walk checks itself that it stays in step with the crate.
const GOOD: &[&str] = &[
    "SELECT 1",
    "SELECT a, t.b, s.t.c AS x, \"Q\".* FROM t AS \"Q\"",
    "SELECT DISTINCT ON (a, b) a, b c FROM t WHERE a = 1 OR b = 2 OR c IS NOT NULL AND NOT d",
    "SELECT count(*), count(DISTINCT x), sum(y) FILTER (WHERE z > 0) OVER (PARTITION BY a ORDER BY b DESC NULLS LAST ROWS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES) FROM t GROUP BY a HAVING count(*) > 1 WINDOW w AS (ORDER BY x)",
    "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY x) FROM t",
    "SELECT string_agg(x, ',' ORDER BY y DESC, z) FROM t",
    "SELECT f(VARIADIC ARRAY[1,2]), g(a => 1, b := 2), h()",
    "SELECT x::int, CAST(y AS numeric(10,2)), z::varchar(3)[], '1'::double precision + 1, a::timestamp(3) with time zone",
    "SELECT date '2024-01-01', timestamp '2024-01-01 00:00', interval '1' day, interval '1 day 2 hours', interval '1-2' year to month, numeric '1.5', point '(1,2)', regclass 'x', uuid 'a', interval(3) '1.5 s'",
    "SELECT CASE a WHEN 1 THEN 'x' ELSE 'y' END, CASE WHEN a > 1 THEN b END",
    "SELECT a BETWEEN 1 AND 2, a NOT BETWEEN SYMMETRIC b AND c, a IN (1,2), a NOT IN (SELECT 1), a LIKE 'x%', a NOT ILIKE 'y' ESCAPE '!', a SIMILAR TO 'z'",
    "SELECT a = ANY(ARRAY[1,2]), a <> ALL (SELECT 1), a LIKE ANY (ARRAY['x']), a NOT LIKE ALL ('{a}'), a @> ANY (b), a ~ SOME (c)",
    "SELECT EXISTS (SELECT 1), NOT EXISTS (SELECT 2), (SELECT 3), ARRAY(SELECT 4), ARRAY[[1,2],[3,4]], ROW(1,2), (1,2), ROW()",
    "SELECT extract(year from d), EXTRACT('dow' FROM d), position('a' in b), substring(a from 1 for 2), substring(a, 1), substring(a for 2), substr(a,1,2), substring(a similar 'b' escape 'c'), overlay(a placing b from 1 for 2), trim(a), trim(both 'x' from a), trim(leading from a), ltrim(a), trim('x' from a), ceil(1.5), floor(x)",
    "SELECT current_date, current_timestamp, current_timestamp(3), localtime, current_user, session_user, user, current_schema, current_schema(), current_role, current_catalog, now()",
    "SELECT a[1], a[1:2], a[:2], a[1:], a[:], (b).c, (b).c.d, (f(x)).*, t.a[1].b, a[1][2], (array[1,2])[1]",
    "SELECT a AT TIME ZONE 'UTC', a COLLATE \"C\" < b, - a, + 1, ~ 5, @ x, |/ 4, a !~* b, a -> 'x' ->> 'y', a #>> '{}', a || b, a @> b, a ?| b, a ^ 2 % 3, 2 OPERATOR(pg_catalog.+) 3, a <-> b, a << 1, a && b",
    "SELECT a IS NULL, a ISNULL, a NOTNULL, a IS TRUE, a IS NOT FALSE, a IS UNKNOWN, a IS DISTINCT FROM b, a IS NOT DISTINCT FROM b, a IS NFC NORMALIZED",
    "SELECT coalesce(a,b), nullif(a,b), greatest(1,2), least(1,2), grouping(a) FROM t",
    "SELECT * FROM a, b c, ONLY d, LATERAL (SELECT 1) x, generate_series(1,2) g(i), f() AS (x int, y text), g() AS t(x int, y text), unnest(a, b) WITH ORDINALITY AS u(v, n), LATERAL f(a.x) l, rows r",
    "SELECT * FROM a JOIN b ON a.x = b.x LEFT JOIN c USING (x, y) RIGHT OUTER JOIN d USING (z) AS j CROSS JOIN e NATURAL FULL JOIN f INNER JOIN (g JOIN h ON true) ON false",
    "SELECT * FROM (a JOIN b ON true) AS j, (SELECT 1) s(x), (VALUES (1,2),(3,4)) v(a,b)",
    "SELECT * FROM a JOIN b JOIN c ON b.x = c.x ON a.x = b.x",
    "SELECT a FROM t TABLESAMPLE bernoulli (10) REPEATABLE (3)",
    "SELECT a FROM t GROUP BY ROLLUP (a, b), CUBE (c), GROUPING SETS ((a), (a, b), ()), ()",
    "SELECT a FROM t GROUP BY DISTINCT a, b",
    "SELECT 1 UNION SELECT 2 UNION ALL SELECT 3 INTERSECT SELECT 4 EXCEPT (SELECT 5 ORDER BY 1 LIMIT 1) ORDER BY 1 DESC LIMIT 10 OFFSET 5",
    "(SELECT 1) UNION (SELECT 2)",
    "((SELECT 1 LIMIT 1) LIMIT 2)",
    "SELECT 1 OFFSET 2 ROWS FETCH FIRST 3 ROWS ONLY",
    "SELECT 1 LIMIT ALL OFFSET 1",
    "SELECT 1 FETCH NEXT ROW WITH TIES",
    "SELECT * FROM t ORDER BY a USING >, b NULLS FIRST FOR UPDATE OF t, s.u SKIP LOCKED FOR KEY SHARE NOWAIT",
    "SELECT * FROM t FOR NO KEY UPDATE",
    "SELECT * FROM (SELECT * FROM t FOR SHARE) x",
    "SELECT * FROM t LIMIT 1 FOR UPDATE",
    "SELECT 1 INTO TEMP TABLE x FROM t",
    "TABLE s.t",
    "VALUES (1, 'a'), (2, NULL) ORDER BY 1",
    "WITH a AS (SELECT 1), b(x) AS MATERIALIZED (SELECT 2) SELECT * FROM a, b",
    "WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n+1 FROM t WHERE n < 100) SELECT sum(n) FROM t",
    "WITH RECURSIVE t AS (SELECT 1) SEARCH DEPTH FIRST BY a, b SET o CYCLE a SET c USING p SELECT 1",
    "WITH d AS (DELETE FROM t RETURNING *) INSERT INTO u SELECT * FROM d",
    "SELECT * FROM (WITH x AS (SELECT 1) SELECT * FROM x) y",
    "SELECT $1::int + $2",
    "SELECT (a, b) OVERLAPS (c, d)",
    "SELECT U&'\\0061', E'\\n', $$x$$, B'10', X'1F', 'a'\n 'b'",
    "INSERT INTO t VALUES (1, DEFAULT, 'x'), (2, 3, NULL)",
    "INSERT INTO s.t AS x (a, b[1], c.d) OVERRIDING SYSTEM VALUE SELECT 1, 2, 3 ON CONFLICT (a, lower(b)) WHERE c > 0 DO UPDATE SET a = excluded.a, (b, c) = (1, 2), d = DEFAULT WHERE t.a > 1 RETURNING *, a AS z",
    "INSERT INTO t DEFAULT VALUES RETURNING id",
    "INSERT INTO t (a) (SELECT 1)",
    "INSERT INTO t (SELECT 1)",
    "INSERT INTO t WITH x AS (SELECT 1) SELECT * FROM x ON CONFLICT ON CONSTRAINT k DO NOTHING",
    "INSERT INTO t (a) VALUES (CASE WHEN 1 = 1 THEN 2 END)",
    "UPDATE t SET a = 1, b = b + 1, c[1] = 2, d.e = 3, (f, g) = (SELECT 1, 2) FROM u, v WHERE t.x = u.x RETURNING t.*",
    "UPDATE ONLY t AS x SET a = DEFAULT WHERE CURRENT OF c",
    "UPDATE t SET a = extract(year from b), d = e IS DISTINCT FROM f FROM u",
    "DELETE FROM t AS x USING a JOIN b ON true WHERE x.a = a.a RETURNING x.a",
    "DELETE FROM t",
    "MERGE INTO t USING s ON t.a = s.a WHEN MATCHED AND s.b > 1 THEN UPDATE SET b = s.b WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (a, b) VALUES (s.a, s.b) WHEN NOT MATCHED THEN DO NOTHING",
];

#[test]
fn good_statements_parse() {
    let mut failed = String::new();
    for text in GOOD {
        if let Err(error) = parse_one(text) {
            failed += &format!("{text}\n  {error:?}\n");
        }
    }
    assert!(failed.is_empty(), "{failed}");
}

#[test]
fn tpch_parses() {
    match parse(include_str!("tpch.sql")) {
        Ok(list) => assert_eq!(list.len(), 22),
        Err(error) => panic!("{error:?}"),
    }
}

/// Text, SQLSTATE, message, byte offset.
const BAD: &[(&str, &str, &str, u32)] = &[
    ("SELEC 1", "42601", "syntax error at or near \"SELEC\"", 0),
    (
        "SELECT * FORM t",
        "42601",
        "syntax error at or near \"FORM\"",
        9,
    ),
    ("SELECT 1 +", "42601", "syntax error at end of input", 10),
    ("SELECT * FROM", "42601", "syntax error at end of input", 13),
    (
        "SELECT a FROM t WHERE",
        "42601",
        "syntax error at end of input",
        21,
    ),
    ("SELECT (1", "42601", "syntax error at end of input", 9),
    ("SELECT 1)", "42601", "syntax error at or near \")\"", 8),
    (
        "SELECT 'abc",
        "42601",
        "unterminated quoted string at or near \"'abc\"",
        7,
    ),
    (
        "SELECT \"abc",
        "42601",
        "unterminated quoted identifier at or near \"\"abc\"",
        7,
    ),
    (
        "SELECT /* x",
        "42601",
        "unterminated /* comment at or near \"/* x\"",
        7,
    ),
    (
        "SELECT 12ab",
        "42601",
        "trailing junk after numeric literal at or near \"12ab\"",
        7,
    ),
    ("\\d", "42601", "syntax error at or near \"\\\"", 0),
    (
        "SELECT 1;\\c x",
        "42601",
        "syntax error at or near \"\\\"",
        9,
    ),
    (
        "INSERT INTO t VALUES (1",
        "42601",
        "syntax error at end of input",
        23,
    ),
    (
        "SELECT 1 WHERE a IN ()",
        "42601",
        "syntax error at or near \")\"",
        21,
    ),
    (
        "UPDATE t SET a 1",
        "42601",
        "syntax error at or near \"1\"",
        15,
    ),
    (
        "SELECT TOP 1 * FROM t",
        "42601",
        "syntax error at or near \"1\"",
        11,
    ),
    (
        "SELECT 1 FROM a.b.c.d",
        "42601",
        "improper qualified name (too many dotted names)",
        14,
    ),
];

#[test]
fn bad_statements_point_at_their_fault() {
    let mut failed = String::new();
    for (text, code, message, at) in BAD {
        match parse(text) {
            Ok(_) => failed += &format!("{text}: parsed\n"),
            Err(error) => {
                let found = (error.code, error.message.as_str(), error.position);
                if found != (*code, *message, Some(*at)) {
                    failed += &format!("{text}: {found:?}\n");
                }
            }
        }
    }
    assert!(failed.is_empty(), "{failed}");
}

#[test]
fn printing_and_parsing_again_gives_the_same_text() {
    let tpch: Vec<&str> = include_str!("tpch.sql")
        .split(";\n")
        .filter(|s| s.len() > 20)
        .collect();
    assert_eq!(tpch.len(), 22);
    let mut failed = String::new();
    for text in GOOD.iter().chain(&tpch) {
        let Ok(first) = parse_one(text) else { continue };
        let Some(printed) = deparse::statement(&first) else {
            continue;
        };
        match parse_one(&printed) {
            Ok(again) => {
                let twice = deparse::statement(&again);
                if twice.as_ref() != Some(&printed) {
                    failed += &format!("{printed}\n{twice:?}\n\n");
                }
            }
            Err(error) => failed += &format!("{printed}\n{error:?}\n\n"),
        }
    }
    assert!(failed.is_empty(), "{failed}");
}

#[test]
fn the_printed_text_is_canonical() {
    for (text, printed) in [
        (
            "select A+b*2 from T where x or y and not z",
            "SELECT a + (b * 2) FROM t WHERE x OR (y AND (NOT z))",
        ),
        (
            "select a::INT, b::varchar(3), \"C d\"",
            "SELECT a::integer, b::character varying(3), \"C d\"",
        ),
        (
            "select 'it''s', E'\\\\', date '2024-01-01'",
            "SELECT 'it''s', E'\\\\', date '2024-01-01'",
        ),
        (
            "select a is not null, b not in (1), c between 1 and 2",
            "SELECT a IS NOT NULL, b NOT IN (1), c BETWEEN 1 AND 2",
        ),
        (
            "select extract(year from d), trim(x)",
            "SELECT EXTRACT('year' FROM d), pg_catalog.btrim(x)",
        ),
    ] {
        let found = parse_one(text)
            .ok()
            .and_then(|statement| deparse::statement(&statement));
        assert_eq!(found.as_deref(), Some(printed));
    }
}

#[test]
fn nodes_know_their_bytes() {
    use super::super::ast::*;
    let text = "SELECT  a.b + f( $1 )::int, 'x' || y FROM t u JOIN v ON c = ANY (d)";
    let Ok(Statement::Select(query)) = parse_one(text) else {
        panic!("no query")
    };
    let QueryBody::Select(select) = &query.body else {
        panic!("no select")
    };
    let at = |word: &str| text.find(word).map_or(u32::MAX, |at| at as u32);
    let first = &select.items[0].expr;
    assert_eq!((first.pos, first.start()), (at("+"), at("a.b")));
    let ExprKind::Binary { right, .. } = &first.kind else {
        panic!("no operator")
    };
    assert_eq!((right.pos, right.start()), (at("::"), at("f(")));
    assert_eq!(select.items[1].expr.pos, at("||"));
    let TableRef::Join(join) = &select.from[0] else {
        panic!("no join")
    };
    assert_eq!(join.pos, at("JOIN"));
    let JoinCondition::On(on) = &join.condition else {
        panic!("no condition")
    };
    assert_eq!((on.pos, on.start()), (at("= ANY"), at("c =")));
}
