//! Predicates: IS, IN, BETWEEN, LIKE, ANY and ALL.

use alloc::boxed::Box;
use alloc::vec::Vec;

use sqlparser::ast as sp;

use crate::parse::ast::*;
use crate::parse::cursor::Cursor;
use crate::parse::error::Parse;

fn expr(kind: ExprKind, pos: Pos) -> Expr {
    Expr { kind, pos }
}

impl Cursor<'_> {
    pub(super) fn take_is(&mut self, inner: sp::Expr) -> Parse<Expr> {
        let inner = self.take_box(inner)?;
        let pos = self.pos();
        let (test, negated) = match self.eat_one(&["isnull", "notnull"]) {
            Some(word) => (IsTest::Null, word == "notnull"),
            None => {
                self.expect_word("is")?;
                let negated = self.eat_word("not");
                (self.is_test()?, negated)
            }
        };
        Ok(expr(
            ExprKind::Is {
                expr: inner,
                test,
                negated,
            },
            pos,
        ))
    }

    fn is_test(&mut self) -> Parse<IsTest> {
        let words = [
            "null",
            "true",
            "false",
            "unknown",
            "normalized",
            "nfc",
            "nfd",
            "nfkc",
            "nfkd",
        ];
        let form = match self.eat_one(&words) {
            Some("null") => return Ok(IsTest::Null),
            Some("true") => return Ok(IsTest::True),
            Some("false") => return Ok(IsTest::False),
            Some("unknown") => return Ok(IsTest::Unknown),
            Some("normalized") => return Ok(IsTest::Normalized(NormalForm::Nfc)),
            Some("nfc") => NormalForm::Nfc,
            Some("nfd") => NormalForm::Nfd,
            Some("nfkc") => NormalForm::Nfkc,
            Some(_) => NormalForm::Nfkd,
            None => return Err(self.fail()),
        };
        self.expect_word("normalized")?;
        Ok(IsTest::Normalized(form))
    }

    pub(super) fn take_is_distinct(&mut self, left: sp::Expr, right: sp::Expr) -> Parse<Expr> {
        let left = self.take_box(left)?;
        let pos = self.pos();
        self.expect_word("is")?;
        let negated = self.eat_word("not");
        self.expect_words(&["distinct", "from"])?;
        let right = self.take_box(right)?;
        Ok(expr(
            ExprKind::IsDistinct {
                left,
                right,
                negated,
            },
            pos,
        ))
    }

    pub(super) fn take_in_list(&mut self, inner: sp::Expr, list: Vec<sp::Expr>) -> Parse<Expr> {
        let inner = self.take_box(inner)?;
        let pos = self.pos();
        let negated = self.eat_word("not");
        self.expect_word("in")?;
        if list.is_empty() {
            self.expect_punct(b'(')?;
            return Err(self.fail());
        }
        let list = self.take_paren_exprs(list)?;
        Ok(expr(
            ExprKind::InList {
                expr: inner,
                list,
                negated,
            },
            pos,
        ))
    }

    pub(super) fn take_in_query(&mut self, inner: sp::Expr, query: sp::Query) -> Parse<Expr> {
        let inner = self.take_box(inner)?;
        let pos = self.pos();
        let negated = self.eat_word("not");
        self.expect_word("in")?;
        let query = self.take_paren_query(query)?;
        Ok(expr(
            ExprKind::InQuery {
                expr: inner,
                query,
                negated,
            },
            pos,
        ))
    }

    pub(super) fn take_between(
        &mut self,
        inner: sp::Expr,
        low: sp::Expr,
        high: sp::Expr,
    ) -> Parse<Expr> {
        let inner = self.take_box(inner)?;
        let pos = self.pos();
        let negated = self.eat_word("not");
        self.expect_word("between")?;
        let symmetric = self.eat_word("symmetric");
        if !symmetric {
            self.eat_word("asymmetric");
        }
        let low = self.take_box(low)?;
        self.expect_word("and")?;
        let high = self.take_box(high)?;
        Ok(expr(
            ExprKind::Between {
                expr: inner,
                low,
                high,
                symmetric,
                negated,
            },
            pos,
        ))
    }

    pub(super) fn take_like(
        &mut self,
        inner: sp::Expr,
        pattern: sp::Expr,
        escape: Option<Box<sp::Expr>>,
    ) -> Parse<Expr> {
        let inner = self.take_expr(inner)?;
        let pos = self.pos();
        let negated = self.eat_word("not");
        let kind = match self.eat_one(&["like", "ilike", "similar"]) {
            Some("like") => LikeKind::Like,
            Some("ilike") => LikeKind::ILike,
            Some(_) => {
                self.expect_word("to")?;
                LikeKind::SimilarTo
            }
            None => return Err(self.fail()),
        };
        let pattern = self.take_expr(pattern)?;
        let escape = match escape {
            Some(node) => {
                self.expect_word("escape")?;
                Some(self.take_expr(*node)?)
            }
            None => None,
        };
        if escape.is_none() && kind != LikeKind::SimilarTo {
            let op = like_operator(kind, negated);
            let (left, right) = (Box::new(inner), Box::new(pattern));
            return Ok(expr(ExprKind::Binary { op, left, right }, pos));
        }
        let like = Like {
            kind,
            negated,
            expr: inner,
            pattern,
            escape,
        };
        Ok(expr(ExprKind::Like(Box::new(like)), pos))
    }

    pub(super) fn take_quantified(&mut self, left: sp::Expr, right: sp::Expr) -> Parse<Expr> {
        let left = self.take_box(left)?;
        let pos = self.pos();
        let negated = self.eat_word("not");
        let op = match self.eat_one(&["like", "ilike"]) {
            Some("like") => like_operator(LikeKind::Like, negated),
            Some(_) => like_operator(LikeKind::ILike, negated),
            None => self.operator()?,
        };
        let all = match self.eat_one(&["any", "some", "all"]) {
            Some(word) => word == "all",
            None => return Err(self.fail()),
        };
        let kind = match right {
            sp::Expr::Subquery(query) => {
                let query = self.take_paren_query(*query)?;
                ExprKind::QuantifiedQuery {
                    left,
                    op,
                    all,
                    query,
                }
            }
            array => {
                self.expect_punct(b'(')?;
                let array = self.take_box(array)?;
                self.expect_punct(b')')?;
                ExprKind::QuantifiedArray {
                    left,
                    op,
                    all,
                    array,
                }
            }
        };
        Ok(expr(kind, pos))
    }
}

fn like_operator(kind: LikeKind, negated: bool) -> Operator {
    let name = match (kind, negated) {
        (LikeKind::ILike, true) => "!~~*",
        (LikeKind::ILike, false) => "~~*",
        (_, true) => "!~~",
        (_, false) => "~~",
    };
    Operator {
        schema: None,
        name: name.into(),
    }
}
