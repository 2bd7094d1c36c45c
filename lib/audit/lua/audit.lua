-- Writes what happens beside what it happens to; put before other scripts.
-- KEYS[1]  base name; the streams are <base>:audit, and <base>:audit:minor for what anybody can cause as often
--          as they like, so that it cannot push out the rest
-- ARGV[1]  <skew ms>|<who acts>|<their session>|<sealed device>, or the skew alone
-- <base>:audit:alarms  SET  ids of events that somebody has to be told of, until it was passed on

local call_skew, call_by, call_session, call_device = string.match(ARGV[1], '^([^|]*)|([^|]*)|([^|]*)|(.*)$')
call_skew = tonumber(call_skew or ARGV[1])

local AUDIT_KEPT = 400 * 86400000

local function record(kind, most, action, e)
  local key, time = KEYS[1] .. ':' .. kind, redis.call('TIME')
  -- The same fields in the same order take no room for their names.
  local id = redis.call('XADD', key, 'MAXLEN', '~', most, '*', 'action', action, 'by', call_by or '',
    'session', e.session or call_session or '', 'reason', e.reason or '', 'device', call_device or '', 'details', e.details or '')
  redis.call('XTRIM', key, 'MINID', '~', string.format('%.0f', tonumber(time[1]) * 1000 + call_skew - AUDIT_KEPT))
  redis.call('PEXPIRE', key, AUDIT_KEPT)
  return id
end

-- Records an event. e: { session, reason, details (JSON), alarm }, all of them optional.
local function audit(action, e)
  local id = record('audit', 10000, action, e)
  if not e.alarm then return end
  redis.call('SADD', KEYS[1] .. ':audit:alarms', id)
  redis.call('PEXPIRE', KEYS[1] .. ':audit:alarms', AUDIT_KEPT)
end

local function audit_minor(action, e)
  record('audit:minor', 2000, action, e)
end
