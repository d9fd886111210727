-- The world that scripts live in. Redis 7 keeps its globals and its libraries read-only with a patched Lua; here
-- empty stand-ins with metatables do the same. Called once per machine with the host's functions; gives `run` and
-- the scripts' environment.

local host, KEYS, ARGV = ...

local error, getmetatable, loadstring, next = error, getmetatable, loadstring, next
local pcall, rawget, rawset, select, setfenv = pcall, rawget, rawset, select, setfenv
local setmetatable, tostring, type, xpcall = setmetatable, tostring, type, xpcall
local native_load, string_byte, table_concat = load, string.byte, table.concat

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

-- redis ------------------------------------------------------------------------------------------------------------

local redis = {}

-- Where Lua raises an error, Redis raises a table with the field `err`.
local host_call = host.call
function redis.call(...)
    local value, failed = host_call(...)
    if failed then
        error(value)
    end
    return value
end

redis.pcall = host.pcall

function redis.sha1hex(...)
    if select("#", ...) ~= 1 then
        error({ err = "ERR wrong number of arguments" })
    end
    return host.sha1hex((...))
end

function redis.status_reply(...)
    if select("#", ...) ~= 1 or type((...)) ~= "string" then
        return { err = "ERR wrong number or type of arguments" }
    end
    return { ok = (...) }
end

function redis.error_reply(...)
    if select("#", ...) ~= 1 or type((...)) ~= "string" then
        return { err = "ERR wrong number or type of arguments" }
    end
    return { err = host.error_text((...)) }
end

redis.LOG_DEBUG, redis.LOG_VERBOSE, redis.LOG_NOTICE, redis.LOG_WARNING = 0, 1, 2, 3

-- There is no log to write to; the arguments are checked as Redis checks them.
function redis.log(...)
    if select("#", ...) < 2 then
        error({ err = "ERR redis.log() requires two arguments or more." })
    end
    local level = ...
    if type(level) ~= "number" then
        error({ err = "ERR First argument must be a number (log level)." })
    end
    if level < 0 or level > 3 then
        error({ err = "ERR Invalid debug level." })
    end
end

redis.REDIS_VERSION, redis.REDIS_VERSION_NUM = host.version, host.version_number

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
    if not succeeded and type(failure) == "table" then
        local message = failure.err
        if type(message) == "string" or type(message) == "number" then
            return false, message
        end
    end
    return succeeded, failure, ...
end

function globals.pcall(...)
    return settle(pcall(...))
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
    "_VERSION", "assert", "error", "ipairs", "rawequal", "select", "tonumber", "type", "unpack", "xpcall",
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
globals.coroutine = read_only(coroutine)
globals.redis = read_only(redis)
globals.cjson = read_only(host.cjson)
globals._G = environment
globals.KEYS, globals.ARGV = KEYS, ARGV

-- Running --------------------------------------------------------------------------------------------------------------

-- Called where the error happens, so that the line is still known.
local function describe(failure)
    if type(failure) ~= "table" then
        failure = { err = "ERR " .. tostring(failure) }
    end
    failure.source, failure.line = host.position()
    return failure
end

local function run(script)
    return xpcall(script, describe)
end

return run, environment
