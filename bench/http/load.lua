-- The calls of stock Luigi workers, for wrk: the bodies and headers that luigi.rpc sends, on
-- connections that stay open (with `requests` installed they do).
--
--   wrk … -s load.lua URL -- ping               nothing else
--   wrk … -s load.lua URL -- add SALT           durable add_task of tasks that are new
--   wrk … -s load.lua URL -- fill SALT COUNT    that, COUNT of them at most
--   wrk … -s load.lua URL -- work SALT [PAUSE]  get_work, DONE for what it gave, and a new task in
--                                               its place; a connection waits PAUSE ms between
--
-- SALT parts the task ids of one run from another's. The last line is `counts` and how many calls
-- of each kind were answered, how many answers were not 200.

local worker = "Worker(salt=7837965029, workers=1, host=vm-7f9c, username=root, pid=25872)"

local function form(json)
  local encoded = json:gsub("[^%w_.%-~ ]", function(c) return ("%%%02X"):format(c:byte()) end)
  return "data=" .. encoded:gsub(" ", "+")
end

-- A body with one blank for the number and one for the id: its three pieces.
local function pieces(json)
  return form(json):match("^(.*)NUMBER(.*)IDENTITY(.*)$")
end

local common = [["owners": [], "retry_policy_dict": {"retry_count": null, ]] ..
  [["disable_hard_timeout": null, "disable_window": null}, "batch_id": null, "batchable": false, ]] ..
  [["worker": "]] .. worker .. [[", "tracking_url": null, "assistant": false, ]] ..
  [["accepts_messages": false, "param_visibilities": {"date_hour": 0, "country": 0, "bucket": 0}, ]] ..
  [["params": {"date_hour": "2026-11-25T07", "country": "de", "bucket": "NUMBER"}, ]] ..
  [["module": "clicks", "family": "Clicks", "priority": 0, "resources": {}, ]]
local new1, new2, new3 = pieces("{" .. common .. [["expl": null, "new_deps": null, "deps": [], ]] ..
  [["runnable": true, "status": "PENDING", "task_id": "IDENTITY"}]])
local done1, done2, done3 = pieces("{" .. common .. [["expl": "null", "new_deps": [], ]] ..
  [["deps": null, "runnable": null, "status": "DONE", "task_id": "IDENTITY"}]])

local mode, salt, limit, pause
local number = 0
local given, first, last = {}, 1, 0 -- a queue: what get_work gave and is not DONE yet
local owed = 0 -- tasks that are DONE and have no successor yet
local ping, get_work
pings, adds, works, dones, refused = 0, 0, 0, 0, 0 -- global: `done` below asks each thread

local threads = {}
function setup(thread) threads[#threads + 1] = thread end

function init(arguments)
  mode, salt = arguments[1], arguments[2] or "0"
  limit = mode == "fill" and tonumber(arguments[3])
  pause = mode == "work" and tonumber(arguments[3])
  wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
  wrk.headers["User-Agent"] = "Python-urllib/3.11"
  wrk.headers["Accept-Encoding"] = "identity"
  wrk.headers["Connection"] = "keep-alive"
  local asks = [["current_tasks": null, "assistant": false, "host": "vm-7f9c"}]]
  ping = wrk.format("POST", "/api/ping", nil, form([[{"worker": "]] .. worker .. [["}]]))
  get_work = wrk.format("POST", "/api/get_work", nil,
    form([[{"worker": "]] .. worker .. [[", ]] .. asks))
  if pause then delay = function() return pause end end
end

local function add_new()
  number = number + 1
  local id = ("Clicks_%d_de_2026_11_25T07_%s"):format(number, salt)
  return wrk.format("POST", "/api/add_task", nil, new1 .. number .. new2 .. id .. new3)
end

function request()
  if mode == "ping" then return ping end
  if limit and number > limit then return ping end -- wrk asked once only to look at it
  if mode ~= "work" then return add_new() end
  if first <= last then
    local id = given[first]
    given[first] = nil
    first, owed, dones = first + 1, owed + 1, dones + 1
    return wrk.format("POST", "/api/add_task", nil, done1 .. 0 .. done2 .. id .. done3)
  end
  if owed > 0 then
    owed = owed - 1
    return add_new()
  end
  return get_work
end

function response(status, _, body)
  if status ~= 200 then refused = refused + 1 end
  if mode == "ping" then
    pings = pings + 1
  elseif mode ~= "work" then
    if body:find('"response": null', 1, true) then adds = adds + 1 end
    if limit and adds >= limit then wrk.thread:stop() end
  elseif body:find('"n_pending_tasks"', 1, true) then
    works = works + 1
    -- The task that was given stands outside the list of what runs.
    local id = body:gsub("%b[]", ""):match('"task_id": "(Clicks[^"]*)"')
    if id then
      last = last + 1
      given[last] = id
    end
  end
end

function done(summary, latency)
  local sums = { pings = 0, adds = 0, works = 0, dones = 0, refused = 0 }
  for _, thread in ipairs(threads) do
    for name in pairs(sums) do sums[name] = sums[name] + thread:get(name) end
  end
  local errors = summary.errors
  print(("counts pings %d adds %d works %d dones %d refused %d errors %d seconds %.3f p50_us %d p99_us %d")
    :format(sums.pings, sums.adds, sums.works, sums.dones, sums.refused,
      errors.connect + errors.read + errors.write + errors.timeout,
      summary.duration / 1e6, latency:percentile(50), latency:percentile(99)))
end
