-- Returns the state of a topic: its epoch, its last sequence, the first that is held, its status and its forks.
local t = load_topic()
retain(t)
return state_of(t)
