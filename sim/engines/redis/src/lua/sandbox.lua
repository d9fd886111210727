-- The world that scripts live in. Redis 7 keeps its globals and its libraries read-only with a patched Lua; here
-- empty stand-ins with metatables do the same. Called once per machine with the host's functions; gives `run` and
-- the scripts' environment.

local host = ...

local error, getmetatable, loadstring, next = error, getmetatable, loadstring, next
local pcall, rawget, rawset, setfenv = pcall, rawget, rawset, setfenv
local setmetatable, tostring, type, unpack, xpcall = setmetatable, tostring, type, unpack, xpcall
local string_byte, table_concat = string.byte, table.concat

local READ_ONLY = "Attempt to modify a readonly table"

-- Stand-ins that scripts must not change.
local protected = setmetatable({}, { __mode = "k" })

local function refuse_assignment()
    error(READ_ONLY, 2)
end

local function read_only(contents)
    local stand_in = setmetatable({}, { __index = contents, __newindex = refuse_assignment, __metatable = false })
    protected[stand_in] = contents
    return stand_in
end

-- Globals, visible through a stand-in; a name that is missing is an error.
local globals = setmetatable({}, {
    __index = function(_, name)
        error("Script attempted to access nonexistent global variable '" .. tostring(name) .. "'", 2)
    end,
})
local environment = read_only(globals)

-- Errors ---------------------------------------------------------------------------------------------------------------

-- An error of the host's is an opaque value in Lua; scripts see what Redis raises: a table with the field `err` for
-- a failing command, a string for the rest. The one that stops a script is never shown: it goes on to the top.
local explain = host.explain

local function is_stop(failure)
    return type(failure) == "userdata" and explain(failure) == "stop"
end

local function reveal(failure)
    if type(failure) ~= "userdata" then
        return failure
    end
    local kind, text = explain(failure)
    if kind == "reply" then
        return { err = text }
    end
    return text or failure
end

local function pass_on_stop(failure)
    if is_stop(failure) then
        error(failure, 0)
    end
end

-- Lua's own, made repeatable -------------------------------------------------------------------------------------------

-- An address would differ from run to run.
local addressed = { table = true, ["function"] = true, thread = true, userdata = true }

function globals.tostring(...)
    local value = ...
    local kind = type(value)
    if addressed[kind] then
        if value == host.null then
            return "userdata: (nil)"
        end
        local metatable = getmetatable(value)
        if type(metatable) ~= "table" or metatable.__tostring == nil then
            return kind .. ": 0x0"
        end
    end
    return tostring(...)
end

-- Redis's own pcall: an error table is shown as its message.
local function settle(succeeded, failure, ...)
    if succeeded then
        return succeeded, failure, ...
    end
    pass_on_stop(failure)
    failure = reveal(failure)
    if type(failure) == "table" then
        local message = failure.err
        if type(message) == "string" or type(message) == "number" then
            return false, message
        end
    end
    return false, failure
end

function globals.pcall(...)
    return settle(pcall(...))
end

local function settle_handled(succeeded, outcome, ...)
    if not succeeded then
        pass_on_stop(outcome)
    end
    return succeeded, outcome, ...
end

function globals.xpcall(body, handler)
    return settle_handled(xpcall(body, function(failure)
        if is_stop(failure) then
            return failure
        end
        return handler(reveal(failure))
    end))
end

local coroutine_library = {}
for name, member in next, coroutine do
    coroutine_library[name] = member
end

local resume = coroutine.resume
local function settle_resume(succeeded, failure, ...)
    if succeeded then
        return succeeded, failure, ...
    end
    pass_on_stop(failure)
    return false, reveal(failure)
end

function coroutine_library.resume(...)
    return settle_resume(resume(...))
end

function globals.rawset(subject, key, value)
    if protected[subject] then
        error(READ_ONLY, 0)
    end
    return rawset(subject, key, value)
end

function globals.rawget(subject, key)
    return rawget(protected[subject] or subject, key)
end

function globals.setmetatable(subject, ...)
    if protected[subject] then
        error(READ_ONLY, 0)
    end
    return setmetatable(subject, ...)
end

-- The strings' metatable would be a door to the string library itself.
function globals.getmetatable(subject)
    if type(subject) == "string" then
        return false
    end
    return getmetatable(subject)
end

function globals.next(subject, key)
    return next(protected[subject] or subject, key)
end

function globals.pairs(subject)
    if type(subject) ~= "table" then
        error("bad argument #1 to 'pairs' (table expected, got " .. (subject == nil and "no value" or type(subject)) .. ")", 2)
    end
    return next, protected[subject] or subject, nil
end

-- Chunks made by a script live in the same world. Precompiled ones could break out of it.
local function compile(text, name)
    if string_byte(text, 1) == 27 then
        return nil, "precompiled chunks are refused"
    end
    local chunk, failure = loadstring(text, name)
    if chunk then
        setfenv(chunk, environment)
    end
    return chunk, failure
end

function globals.loadstring(text, name)
    return compile(text, name or text)
end

function globals.load(producer, name)
    local pieces = {}
    for piece in producer do
        if piece == "" then
            break
        end
        pieces[#pieces + 1] = piece
    end
    return compile(table_concat(pieces), name or "=(load)")
end

-- Only these; os, io, debug, the loaders and the collector's counters stay out.
for _, name in next, {
    "_VERSION", "assert", "error", "ipairs", "rawequal", "select", "tonumber", "type", "unpack",
} do
    globals[name] = _G[name]
end

local math_library = {}
for name, member in next, math do
    math_library[name] = member
end
math_library.random, math_library.randomseed = host.random, host.randomseed

-- string.dump would show compiled code.
local string_library = {}
for name, member in next, string do
    string_library[name] = member
end
string_library.dump = nil
getmetatable("").__index = string_library

globals.math = read_only(math_library)
globals.string = read_only(string_library)
globals.table = read_only(table)
globals.coroutine = read_only(coroutine_library)
globals.redis = read_only(host.redis)
globals.cjson = read_only(host.cjson)
globals._G = environment

-- Running --------------------------------------------------------------------------------------------------------------

-- Called where the error happens, so that the line is still known.
local function describe(failure)
    failure = reveal(failure)
    if type(failure) ~= "table" then
        failure = { err = "ERR " .. tostring(failure) }
    end
    failure.source, failure.line = host.position()
    return failure
end

-- Kinds of outcome, known to the host by the same numbers.
local RAISED, VALUE, ELEMENTS = 0, 1, 2
-- Longer arrays are read by the host itself.
local MOST_ELEMENTS = 16

local function finish(succeeded, value)
    if not succeeded then
        return RAISED, value
    end
    if type(value) ~= "table" or getmetatable(value) then
        return VALUE, value
    end
    -- A table with one of these fields is not an array.
    if value.err or value.ok or value.double or value.map or value.set or value.big_number or value.verbatim_string then
        return VALUE, value
    end
    local length = 0
    while value[length + 1] ~= nil do
        length = length + 1
        if length > MOST_ELEMENTS then
            return VALUE, value
        end
    end
    return ELEMENTS, unpack(value, 1, length)
end

local function run(script, keys, argv)
    globals.KEYS, globals.ARGV = keys, argv
    return finish(xpcall(script, describe))
end

return run, environment
