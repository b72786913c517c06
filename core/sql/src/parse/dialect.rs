//! PostgreSQL's dialect as the crate knows it, with one change: a chain of ANDs or of ORs becomes a
//! balanced tree instead of one as deep as it is long, so that 10,000 of them neither overflow the
//! stack when walked nor when dropped. The walk in `from_sqlparser` makes it a flat list.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::any::TypeId;

use sqlparser::ast::{BinaryOperator, Expr};
use sqlparser::dialect::{Dialect, PostgreSqlDialect, Precedence};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;

#[derive(Debug)]
pub(super) struct Postgres;

const INNER: PostgreSqlDialect = PostgreSqlDialect {};

/// Forwards what the crate's dialect answers differently from the default.
macro_rules! forward {
    ($($name:ident)*) => { $(fn $name(&self) -> bool { INNER.$name() })* };
}

impl Dialect for Postgres {
    fn dialect(&self) -> TypeId {
        INNER.dialect()
    }

    fn identifier_quote_style(&self, name: &str) -> Option<char> {
        INNER.identifier_quote_style(name)
    }

    fn is_identifier_start(&self, letter: char) -> bool {
        INNER.is_identifier_start(letter)
    }

    fn is_identifier_part(&self, letter: char) -> bool {
        INNER.is_identifier_part(letter)
    }

    fn is_custom_operator_part(&self, letter: char) -> bool {
        INNER.is_custom_operator_part(letter)
    }

    fn is_reserved_for_identifier(&self, word: Keyword) -> bool {
        INNER.is_reserved_for_identifier(word)
    }

    fn is_table_alias(&self, word: &Keyword, parser: &mut Parser) -> bool {
        INNER.is_table_alias(word, parser)
    }

    fn get_next_precedence(&self, parser: &Parser) -> Option<Result<u8, ParserError>> {
        INNER.get_next_precedence(parser)
    }

    fn prec_value(&self, precedence: Precedence) -> u8 {
        INNER.prec_value(precedence)
    }

    fn parse_infix(
        &self,
        parser: &mut Parser,
        left: &Expr,
        precedence: u8,
    ) -> Option<Result<Expr, ParserError>> {
        let Token::Word(word) = &parser.peek_token_ref().token else {
            return None;
        };
        let operator = match word.keyword {
            Keyword::AND => BinaryOperator::And,
            Keyword::OR => BinaryOperator::Or,
            _ => return None,
        };
        Some(chain(parser, left, precedence, word.keyword).map(|list| balance(list, &operator)))
    }

    forward! {
        supports_unicode_string_literal supports_filter_during_aggregation supports_group_by_expr
        allow_extract_custom allow_extract_single_quotes supports_factorial_operator
        supports_bitwise_shift_operators supports_empty_projections
        supports_array_typedef_with_brackets supports_geometric_types
        supports_order_by_using_operator supports_left_associative_joins_without_parens
        supports_notnull_operator supports_interval_options supports_comma_separated_trim
        supports_named_fn_args_with_colon_operator supports_named_fn_args_with_expr_name
        supports_string_escape_constant supports_numeric_literal_underscores
    }
}

/// The operands of `left AND … AND …`; only the first is copied.
fn chain(
    parser: &mut Parser,
    left: &Expr,
    precedence: u8,
    word: Keyword,
) -> Result<Vec<Expr>, ParserError> {
    let mut list = Vec::from([left.clone()]);
    while parser.parse_keyword(word) {
        list.push(parser.parse_subexpr(precedence)?);
    }
    Ok(list)
}

fn balance(mut list: Vec<Expr>, operator: &BinaryOperator) -> Expr {
    if list.len() > 1 {
        let right = list.split_off(list.len() / 2);
        return Expr::BinaryOp {
            left: Box::new(balance(list, operator)),
            op: operator.clone(),
            right: Box::new(balance(right, operator)),
        };
    }
    match list.pop() {
        Some(only) => only,
        // Never reached: a chain has its first operand.
        None => Expr::Tuple(Vec::new()),
    }
}
