//! SQLSTATE codes: five characters, the first two of which name a class.
//!
//! The list is PostgreSQL's appendix A, cut to the codes that some room of this engine raises or
//! that clients are known to test for. Names follow the condition names of that appendix, so that
//! PL/pgSQL's `EXCEPTION WHEN unique_violation` can be answered from the same table.

/// A five-character code as it travels to the client.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SqlState(pub [u8; 5]);

impl SqlState {
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or("XX000")
    }

    /// The first two characters: `22` is "data exception", `40` "transaction rollback".
    pub fn class(&self) -> [u8; 2] {
        [self.0[0], self.0[1]]
    }

    /// The condition name, as PL/pgSQL spells it.
    pub fn condition_name(&self) -> Option<&'static str> {
        CONDITIONS
            .iter()
            .find(|(code, _)| code == self)
            .map(|(_, name)| *name)
    }

    /// The code of a condition name, for `EXCEPTION WHEN name`.
    pub fn by_condition_name(name: &str) -> Option<SqlState> {
        CONDITIONS
            .iter()
            .find(|(_, given)| *given == name)
            .map(|(code, _)| *code)
    }

    /// A code spelt as text, as in `RAISE ... USING ERRCODE = '22012'`.
    pub fn from_code(text: &str) -> Option<SqlState> {
        let code: [u8; 5] = text.as_bytes().try_into().ok()?;
        let spelt = |b: &u8| b.is_ascii_digit() || b.is_ascii_uppercase();
        code.iter().all(spelt).then_some(SqlState(code))
    }
}

impl core::fmt::Debug for SqlState {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl core::fmt::Display for SqlState {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One row per code makes both the constant and the row of the condition table.
macro_rules! codes {
    ($($constant:ident $code:literal $name:literal),* $(,)?) => {
        impl SqlState { $(pub const $constant: SqlState = SqlState(*$code);)* }
        const CONDITIONS: &[(SqlState, &str)] = &[$((SqlState::$constant, $name)),*];
    };
}

codes! {
    SUCCESS b"00000" "successful_completion",
    WARNING b"01000" "warning",
    NULL_VALUE_ELIMINATED b"01003" "null_value_eliminated_in_set_function",
    NO_DATA b"02000" "no_data",
    SQL_STATEMENT_NOT_YET_COMPLETE b"03000" "sql_statement_not_yet_complete",
    CONNECTION_EXCEPTION b"08000" "connection_exception",
    CONNECTION_DOES_NOT_EXIST b"08003" "connection_does_not_exist",
    CONNECTION_FAILURE b"08006" "connection_failure",
    TRANSACTION_RESOLUTION_UNKNOWN b"08007" "transaction_resolution_unknown",
    PROTOCOL_VIOLATION b"08P01" "protocol_violation",
    TRIGGERED_ACTION_EXCEPTION b"09000" "triggered_action_exception",
    FEATURE_NOT_SUPPORTED b"0A000" "feature_not_supported",
    INVALID_TRANSACTION_INITIATION b"0B000" "invalid_transaction_initiation",
    INVALID_GRANTOR b"0L000" "invalid_grantor",
    INVALID_GRANT_OPERATION b"0LP01" "invalid_grant_operation",
    INVALID_ROLE_SPECIFICATION b"0P000" "invalid_role_specification",
    STACKED_DIAGNOSTICS_WITHOUT_HANDLER b"0Z002" "stacked_diagnostics_accessed_without_active_handler",
    CASE_NOT_FOUND b"20000" "case_not_found",
    CARDINALITY_VIOLATION b"21000" "cardinality_violation",
    DATA_EXCEPTION b"22000" "data_exception",
    STRING_DATA_RIGHT_TRUNCATION b"22001" "string_data_right_truncation",
    NUMERIC_VALUE_OUT_OF_RANGE b"22003" "numeric_value_out_of_range",
    NULL_VALUE_NOT_ALLOWED b"22004" "null_value_not_allowed",
    ERROR_IN_ASSIGNMENT b"22005" "error_in_assignment",
    INVALID_DATETIME_FORMAT b"22007" "invalid_datetime_format",
    DATETIME_FIELD_OVERFLOW b"22008" "datetime_field_overflow",
    INVALID_TIME_ZONE_DISPLACEMENT b"22009" "invalid_time_zone_displacement_value",
    ESCAPE_CHARACTER_CONFLICT b"2200B" "escape_character_conflict",
    INVALID_USE_OF_ESCAPE_CHARACTER b"2200C" "invalid_use_of_escape_character",
    INVALID_ESCAPE_OCTET b"2200D" "invalid_escape_octet",
    INVALID_ARGUMENT_FOR_LOGARITHM b"2201E" "invalid_argument_for_logarithm",
    INVALID_ARGUMENT_FOR_POWER_FUNCTION b"2201F" "invalid_argument_for_power_function",
    INVALID_ARGUMENT_FOR_WIDTH_BUCKET b"2201G" "invalid_argument_for_width_bucket_function",
    INVALID_ROW_COUNT_IN_LIMIT b"2201W" "invalid_row_count_in_limit_clause",
    INVALID_ROW_COUNT_IN_OFFSET b"2201X" "invalid_row_count_in_result_offset_clause",
    INVALID_ARGUMENT_FOR_NTILE b"22014" "invalid_argument_for_ntile_function",
    INVALID_ARGUMENT_FOR_NTH_VALUE b"22016" "invalid_argument_for_nth_value_function",
    INVALID_REGULAR_EXPRESSION b"2201B" "invalid_regular_expression",
    INVALID_PRECEDING_OR_FOLLOWING_SIZE b"22013" "invalid_preceding_or_following_size",
    DIVISION_BY_ZERO b"22012" "division_by_zero",
    INTERVAL_FIELD_OVERFLOW b"22015" "interval_field_overflow",
    INVALID_CHARACTER_VALUE_FOR_CAST b"22018" "invalid_character_value_for_cast",
    INVALID_ESCAPE_CHARACTER b"22019" "invalid_escape_character",
    CHARACTER_NOT_IN_REPERTOIRE b"22021" "character_not_in_repertoire",
    INDICATOR_OVERFLOW b"22022" "indicator_overflow",
    INVALID_PARAMETER_VALUE b"22023" "invalid_parameter_value",
    INVALID_ESCAPE_SEQUENCE b"22025" "invalid_escape_sequence",
    STRING_DATA_LENGTH_MISMATCH b"22026" "string_data_length_mismatch",
    SUBSTRING_ERROR b"22011" "substring_error",
    TRIM_ERROR b"22027" "trim_error",
    ARRAY_SUBSCRIPT_ERROR b"2202E" "array_subscript_error",
    INVALID_TABLESAMPLE_ARGUMENT b"2202H" "invalid_tablesample_argument",
    INVALID_TABLESAMPLE_REPEAT b"2202G" "invalid_tablesample_repeat",
    INVALID_JSON_TEXT b"22032" "invalid_json_text",
    INVALID_SQL_JSON_SUBSCRIPT b"22033" "invalid_sql_json_subscript",
    NO_SQL_JSON_ITEM b"22035" "no_sql_json_item",
    NON_NUMERIC_SQL_JSON_ITEM b"22036" "non_numeric_sql_json_item",
    SQL_JSON_ARRAY_NOT_FOUND b"22039" "sql_json_array_not_found",
    SQL_JSON_MEMBER_NOT_FOUND b"2203A" "sql_json_member_not_found",
    SQL_JSON_OBJECT_NOT_FOUND b"2203C" "sql_json_object_not_found",
    SQL_JSON_SCALAR_REQUIRED b"2203F" "sql_json_scalar_required",
    FLOATING_POINT_EXCEPTION b"22P01" "floating_point_exception",
    INVALID_TEXT_REPRESENTATION b"22P02" "invalid_text_representation",
    INVALID_BINARY_REPRESENTATION b"22P03" "invalid_binary_representation",
    BAD_COPY_FILE_FORMAT b"22P04" "bad_copy_file_format",
    UNTRANSLATABLE_CHARACTER b"22P05" "untranslatable_character",
    NONSTANDARD_USE_OF_ESCAPE_CHARACTER b"22P06" "nonstandard_use_of_escape_character",
    SEQUENCE_GENERATOR_LIMIT_EXCEEDED b"2200H" "sequence_generator_limit_exceeded",
    INTEGRITY_CONSTRAINT_VIOLATION b"23000" "integrity_constraint_violation",
    RESTRICT_VIOLATION b"23001" "restrict_violation",
    NOT_NULL_VIOLATION b"23502" "not_null_violation",
    FOREIGN_KEY_VIOLATION b"23503" "foreign_key_violation",
    UNIQUE_VIOLATION b"23505" "unique_violation",
    CHECK_VIOLATION b"23514" "check_violation",
    EXCLUSION_VIOLATION b"23P01" "exclusion_violation",
    INVALID_CURSOR_STATE b"24000" "invalid_cursor_state",
    INVALID_TRANSACTION_STATE b"25000" "invalid_transaction_state",
    ACTIVE_SQL_TRANSACTION b"25001" "active_sql_transaction",
    READ_ONLY_SQL_TRANSACTION b"25006" "read_only_sql_transaction",
    NO_ACTIVE_SQL_TRANSACTION b"25P01" "no_active_sql_transaction",
    IN_FAILED_SQL_TRANSACTION b"25P02" "in_failed_sql_transaction",
    IDLE_IN_TRANSACTION_SESSION_TIMEOUT b"25P03" "idle_in_transaction_session_timeout",
    INVALID_SQL_STATEMENT_NAME b"26000" "invalid_sql_statement_name",
    TRIGGERED_DATA_CHANGE_VIOLATION b"27000" "triggered_data_change_violation",
    INVALID_AUTHORIZATION_SPECIFICATION b"28000" "invalid_authorization_specification",
    DEPENDENT_PRIVILEGES_STILL_EXIST b"2B000" "dependent_privilege_descriptors_still_exist",
    DEPENDENT_OBJECTS_STILL_EXIST b"2BP01" "dependent_objects_still_exist",
    INVALID_TRANSACTION_TERMINATION b"2D000" "invalid_transaction_termination",
    SQL_ROUTINE_EXCEPTION b"2F000" "sql_routine_exception",
    FUNCTION_EXECUTED_NO_RETURN_STATEMENT b"2F005" "function_executed_no_return_statement",
    INVALID_CURSOR_NAME b"34000" "invalid_cursor_name",
    INVALID_SAVEPOINT_SPECIFICATION b"3B001" "invalid_savepoint_specification",
    INVALID_CATALOG_NAME b"3D000" "invalid_catalog_name",
    INVALID_SCHEMA_NAME b"3F000" "invalid_schema_name",
    TRANSACTION_ROLLBACK b"40000" "transaction_rollback",
    SERIALIZATION_FAILURE b"40001" "serialization_failure",
    STATEMENT_COMPLETION_UNKNOWN b"40003" "statement_completion_unknown",
    DEADLOCK_DETECTED b"40P01" "deadlock_detected",
    SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION b"42000" "syntax_error_or_access_rule_violation",
    INSUFFICIENT_PRIVILEGE b"42501" "insufficient_privilege",
    SYNTAX_ERROR b"42601" "syntax_error",
    INVALID_NAME b"42602" "invalid_name",
    INVALID_COLUMN_DEFINITION b"42611" "invalid_column_definition",
    NAME_TOO_LONG b"42622" "name_too_long",
    DUPLICATE_COLUMN b"42701" "duplicate_column",
    AMBIGUOUS_COLUMN b"42702" "ambiguous_column",
    UNDEFINED_COLUMN b"42703" "undefined_column",
    UNDEFINED_OBJECT b"42704" "undefined_object",
    DUPLICATE_OBJECT b"42710" "duplicate_object",
    DUPLICATE_ALIAS b"42712" "duplicate_alias",
    DUPLICATE_FUNCTION b"42723" "duplicate_function",
    AMBIGUOUS_FUNCTION b"42725" "ambiguous_function",
    GROUPING_ERROR b"42803" "grouping_error",
    DATATYPE_MISMATCH b"42804" "datatype_mismatch",
    WRONG_OBJECT_TYPE b"42809" "wrong_object_type",
    INVALID_FOREIGN_KEY b"42830" "invalid_foreign_key",
    CANNOT_COERCE b"42846" "cannot_coerce",
    UNDEFINED_FUNCTION b"42883" "undefined_function",
    RESERVED_NAME b"42939" "reserved_name",
    UNDEFINED_TABLE b"42P01" "undefined_table",
    UNDEFINED_PARAMETER b"42P02" "undefined_parameter",
    DUPLICATE_CURSOR b"42P03" "duplicate_cursor",
    DUPLICATE_DATABASE b"42P04" "duplicate_database",
    DUPLICATE_PREPARED_STATEMENT b"42P05" "duplicate_prepared_statement",
    DUPLICATE_SCHEMA b"42P06" "duplicate_schema",
    DUPLICATE_TABLE b"42P07" "duplicate_table",
    AMBIGUOUS_PARAMETER b"42P08" "ambiguous_parameter",
    AMBIGUOUS_ALIAS b"42P09" "ambiguous_alias",
    INVALID_COLUMN_REFERENCE b"42P10" "invalid_column_reference",
    INVALID_CURSOR_DEFINITION b"42P11" "invalid_cursor_definition",
    INVALID_DATABASE_DEFINITION b"42P12" "invalid_database_definition",
    INVALID_FUNCTION_DEFINITION b"42P13" "invalid_function_definition",
    INVALID_PREPARED_STATEMENT_DEFINITION b"42P14" "invalid_prepared_statement_definition",
    INVALID_SCHEMA_DEFINITION b"42P15" "invalid_schema_definition",
    INVALID_TABLE_DEFINITION b"42P16" "invalid_table_definition",
    INVALID_OBJECT_DEFINITION b"42P17" "invalid_object_definition",
    INDETERMINATE_DATATYPE b"42P18" "indeterminate_datatype",
    INVALID_RECURSION b"42P19" "invalid_recursion",
    WINDOWING_ERROR b"42P20" "windowing_error",
    COLLATION_MISMATCH b"42P21" "collation_mismatch",
    INDETERMINATE_COLLATION b"42P22" "indeterminate_collation",
    GENERATED_ALWAYS b"428C9" "generated_always",
    WITH_CHECK_OPTION_VIOLATION b"44000" "with_check_option_violation",
    INSUFFICIENT_RESOURCES b"53000" "insufficient_resources",
    DISK_FULL b"53100" "disk_full",
    OUT_OF_MEMORY b"53200" "out_of_memory",
    TOO_MANY_CONNECTIONS b"53300" "too_many_connections",
    CONFIGURATION_LIMIT_EXCEEDED b"53400" "configuration_limit_exceeded",
    PROGRAM_LIMIT_EXCEEDED b"54000" "program_limit_exceeded",
    STATEMENT_TOO_COMPLEX b"54001" "statement_too_complex",
    TOO_MANY_COLUMNS b"54011" "too_many_columns",
    TOO_MANY_ARGUMENTS b"54023" "too_many_arguments",
    OBJECT_NOT_IN_PREREQUISITE_STATE b"55000" "object_not_in_prerequisite_state",
    OBJECT_IN_USE b"55006" "object_in_use",
    CANT_CHANGE_RUNTIME_PARAM b"55P02" "cant_change_runtime_param",
    LOCK_NOT_AVAILABLE b"55P03" "lock_not_available",
    UNSAFE_NEW_ENUM_VALUE_USAGE b"55P04" "unsafe_new_enum_value_usage",
    OPERATOR_INTERVENTION b"57000" "operator_intervention",
    QUERY_CANCELED b"57014" "query_canceled",
    ADMIN_SHUTDOWN b"57P01" "admin_shutdown",
    CRASH_SHUTDOWN b"57P02" "crash_shutdown",
    CANNOT_CONNECT_NOW b"57P03" "cannot_connect_now",
    SYSTEM_ERROR b"58000" "system_error",
    IO_ERROR b"58030" "io_error",
    UNDEFINED_FILE b"58P01" "undefined_file",
    SNAPSHOT_TOO_OLD b"72000" "snapshot_too_old",
    CONFIG_FILE_ERROR b"F0000" "config_file_error",
    PLPGSQL_ERROR b"P0001" "raise_exception",
    NO_DATA_FOUND b"P0002" "no_data_found",
    TOO_MANY_ROWS b"P0003" "too_many_rows",
    ASSERT_FAILURE b"P0004" "assert_failure",
    INTERNAL_ERROR b"XX000" "internal_error",
    DATA_CORRUPTED b"XX001" "data_corrupted",
    INDEX_CORRUPTED b"XX002" "index_corrupted",
}
