-- Completes a topic. ARGV: 8 the status, 9 the expected epoch or ''. Returns 0 if the topic has another epoch, otherwise 1.
local t = load_topic()
if ARGV[9] ~= '' and ARGV[9] ~= t.epoch then
    return 0
end
if t.status == 0 then
    begin_change(t)
    t.status, t.is_renewed = tonumber(ARGV[8]), true
    store(t)
    end_change(t)
end
return 1
