//! Scripts beyond rules 21 and 22: the sandbox, `cjson`, errors and where they are reported, runaway loops.

mod support;

use redis_engine::{Config, Reply};
use support::{Session, check, show};

fn session() -> Session {
    Session::new(Config::default())
}

/// Runs scripts without keys and compares the answers; ` script: <sha>` is left out of errors.
#[track_caller]
fn check_scripts(cases: &[(&str, &str)]) {
    for (script, expected) in cases {
        let mut s = session();
        let shown = show(&s.eval(script, "", ""));
        let shown = match (shown.find(" script: "), shown.find(", on @user_script:")) {
            (Some(from), Some(to)) => format!("{}{}", &shown[..from], &shown[to..]),
            (None, _) | (_, None) => shown,
        };
        assert_eq!(&shown, expected, "{script}");
    }
}

#[test]
fn errors_name_the_line_of_the_script_even_in_a_tail_call() {
    check_scripts(&[
        (
            "return redis.call('incr', 'a', 'b')",
            "(error) ERR Wrong number of args calling Redis command from script, on @user_script:1.",
        ),
        ("\nreturn redis.call('nosuch')", "(error) ERR Unknown Redis command called from script, on @user_script:2."),
        (
            "local t\n\nreturn t.x",
            "(error) ERR user_script:3: attempt to index local 't' (a nil value), on @user_script:3.",
        ),
        ("error('x')", "(error) ERR user_script:1: x, on @user_script:1."),
        ("error({err='MY x'})", "(error) MY x, on @user_script:1."),
        (
            "return redis.call()",
            "(error) ERR Please specify at least one argument for this redis lib call, on @user_script:1.",
        ),
        (
            "return redis.call({})",
            "(error) ERR Lua redis lib command arguments must be strings or integers, on @user_script:1.",
        ),
        (
            "return redis.call('get', nil)",
            "(error) ERR Lua redis lib command arguments must be strings or integers, on @user_script:1.",
        ),
        ("return redis.call('multi')", "(error) ERR This Redis command is not allowed from script, on @user_script:1."),
        ("return redis.call('lpush', 'a', 'b')", "(error) ERR unsupported by this engine: LPUSH, on @user_script:1."),
        ("return redis.sha1hex()", "(error) ERR wrong number of arguments, on @user_script:1."),
        (
            "return os.clock()",
            "(error) ERR user_script:1: Script attempted to access nonexistent global variable 'os', on @user_script:1.",
        ),
    ]);
}

#[test]
fn a_script_that_does_not_compile_is_refused() {
    check_scripts(&[
        ("retur x", "(error) ERR Error compiling script (new function): user_script:1: '=' expected near 'x'"),
        (
            "#!lua flags=no-writes\nreturn 1",
            "(error) ERR unsupported by this engine: script flags (a first line with #!)",
        ),
    ]);
}

#[test]
fn pcall_shows_the_message_of_a_failed_command() {
    check_scripts(&[
        (
            "local ok, e = pcall(redis.call, 'incr', 'a', 'b') return {tostring(ok), type(e), e}",
            "[\"false\" \"string\" \"ERR Wrong number of args calling Redis command from script\"]",
        ),
        (
            "local ok, e = xpcall(function() redis.call('nosuch') end, function(e) return type(e) .. e.err end) return e",
            "\"tableERR Unknown Redis command called from script\"",
        ),
        ("local ok, e = pcall(error, 'plain') return e", "\"plain\""),
        (
            "local co = coroutine.create(function() redis.call('nosuch') end) local ok, e = coroutine.resume(co) return e.err",
            "\"ERR Unknown Redis command called from script\"",
        ),
        ("return {pcall(function() return 1, 2 end)}", "[1 1 2]"),
    ]);
}

#[test]
fn nothing_shows_an_address_and_nothing_reaches_the_machine() {
    check_scripts(&[
        ("return tostring({})", "\"table: 0x0\""),
        (
            "return tostring(print == nil)",
            "(error) ERR user_script:1: Script attempted to access nonexistent global variable 'print', on @user_script:1.",
        ),
        ("return tostring(redis.call)", "\"function: 0x0\""),
        ("return tostring(coroutine.create(function() end))", "\"thread: 0x0\""),
        ("return tostring(cjson.null)", "\"userdata: (nil)\""),
        ("return tostring(setmetatable({}, {__tostring = function() return 'mine' end}))", "\"mine\""),
        ("return loadstring(string.char(27) .. 'Lua')", "(nil)"),
        ("local f = loadstring('return type(redis.call)') return f()", "\"function\""),
        (
            "local f = loadstring('x = 1') f()",
            "(error) ERR [string \"x = 1\"]:1: Attempt to modify a readonly table, on @user_script:1.",
        ),
    ]);
    for name in [
        "os",
        "io",
        "debug",
        "require",
        "dofile",
        "loadfile",
        "package",
        "collectgarbage",
        "getfenv",
        "setfenv",
        "newproxy",
    ] {
        let mut s = session();
        let shown = show(&s.eval(&format!("return {name}"), "", ""));
        assert!(shown.contains("nonexistent global variable"), "{name}: {shown}");
    }
}

#[test]
fn a_script_leaves_nothing_behind_for_the_next_one() {
    let mut s = session();
    s.eval("local t = getmetatable('') return type(t)", "", "");
    for attempt in
        ["string.len = nil", "math.floor = nil", "cjson.encode = nil", "getmetatable('').__index = nil", "KEYS.x = 1"]
    {
        s.eval(attempt, "", "");
        let reply = s.eval("return ('abc'):len() + math.floor(1.5) + #cjson.encode(1) + #KEYS", "", "");
        assert_eq!(reply, Reply::Int(5), "{attempt}");
    }
    assert_eq!(show(&s.eval("return {KEYS[1], ARGV[1], ARGV[2]}", "k", "a b")), "[\"k\" \"a\" \"b\"]");
    s.eval("KEYS.left, ARGV[7] = 1, 2", "", "");
    assert_eq!(show(&s.eval("return {tostring(KEYS.left), tostring(ARGV[7])}", "", "")), "[\"nil\" \"nil\"]");
    assert_eq!(show(&s.eval("return {#KEYS, #ARGV, tostring(KEYS[1])}", "", "")), "[0 0 \"nil\"]");
}

#[test]
fn a_runaway_script_is_stopped_even_inside_pcall_and_always_at_the_same_point() {
    let config = Config { script_instruction_limit: 1_000_000, ..Config::default() };
    let loops = [
        "while true do redis.call('incr', KEYS[1]) end",
        "while true do pcall(function() while true do redis.call('incr', KEYS[1]) end end) end",
        "local co = coroutine.wrap(function() while true do redis.call('incr', KEYS[1]) end end) co()",
    ];
    for script in loops {
        let mut counts = Vec::new();
        for _ in 0..2 {
            let mut s = Session::new(config);
            let shown = show(&s.eval(script, "n", ""));
            assert!(shown.contains("stopped by this engine after 1000000 instructions"), "{script}: {shown}");
            counts.push(s.redis.get_integer(b"n"));
            check(&mut s, &[("PING", "PONG")]);
            assert_eq!(s.eval("return 1", "", ""), Reply::Int(1));
        }
        assert_eq!(counts[0], counts[1]);
    }
}

#[test]
fn json_is_written_as_cjson_writes_it() {
    check_scripts(&[
        (
            r#"return cjson.encode({1, 2, {a = 1}, 'x/"\\\n\1\127', 1.5, 1e15, 0.1, true, cjson.null, {}})"#,
            r#""[1,2,{\"a\":1},\"x\\/\\\"\\\\\\n\\u0001\\u007f\",1.5,1e+15,0.1,true,null,{}]""#,
        ),
        ("return cjson.encode({[1] = 1, [3] = 2})", "\"[1,null,2]\""),
        ("return cjson.encode({[1.5] = 1})", "\"{\\\"1.5\\\":1}\""),
        (
            "return cjson.encode(0/0)",
            "(error) ERR user_script:1: Cannot serialise number: must not be NaN or Inf, on @user_script:1.",
        ),
        (
            "return cjson.encode({[1] = 1, [20] = 2})",
            "(error) ERR user_script:1: Cannot serialise table: excessively sparse array, on @user_script:1.",
        ),
        (
            "return cjson.encode(print_nothing)",
            "(error) ERR user_script:1: Script attempted to access nonexistent global variable 'print_nothing', on @user_script:1.",
        ),
        (
            "return cjson.encode(tostring)",
            "(error) ERR user_script:1: Cannot serialise function: type not supported, on @user_script:1.",
        ),
        (
            "local t = {} t.t = t return cjson.encode(t)",
            "(error) ERR user_script:1: Cannot serialise, excessive nesting (1001), on @user_script:1.",
        ),
    ]);
}

#[test]
fn json_is_read_as_cjson_reads_it() {
    for (json, expected) in [
        ("[1,\"a\",{\"b\":[true,false,null]}]", "[1,\"a\",{\"b\":[true,false,null]}]"),
        ("\"\\ud83d\\ude00\"", "\"😀\""),
        ("01", "1"),
        ("0x1F", "31"),
        ("1.5e3", "1500"),
        ("", "Expected value but found T_END at character 1"),
        ("[1,2", "Expected comma or array end but found T_END at character 5"),
        ("{\"a\":1,}", "Expected object key string but found T_OBJ_END at character 8"),
        ("{\"a\" 1}", "Expected colon but found T_NUMBER at character 6"),
        ("[1] 2", "Expected the end but found T_NUMBER at character 5"),
        ("\"abc", "Expected value but found unexpected end of string at character 5"),
        ("\"a\\qb\"", "Expected value but found invalid escape code at character 3"),
        ("\"\\u12\"", "Expected value but found invalid unicode escape code at character 2"),
        ("-", "Expected value but found invalid number at character 1"),
        ("1e", "Expected the end but found invalid token at character 2"),
        ("nul", "Expected value but found invalid token at character 1"),
    ] {
        let mut s = session();
        let script = "local ok, v = pcall(cjson.decode, ARGV[1]) if ok then return cjson.encode(v) end return v";
        let reply = s.words(&["EVAL", script, "0", json]);
        assert_eq!(reply, Reply::bulk(expected), "{json}");
    }
}
