-- Completes a topic. ARGV: 8 the status, 9 the expected epoch or '', 10 the sequence that the topic must have reached.
-- Returns 0 if the topic is not as expected, otherwise 1.
local t = load_topic()
if ARGV[9] ~= '' and (ARGV[9] ~= t.epoch or tonumber(ARGV[10]) > t.head) then
    return 0
end
if t.status == 0 then
    begin_change(t)
    t.status, t.is_renewed = tonumber(ARGV[8]), true
    store(t)
    end_change(t)
end
return 1
