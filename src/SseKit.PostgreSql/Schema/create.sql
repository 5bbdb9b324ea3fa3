-- What SseKit keeps in PostgreSQL, version 2. {schema} is the schema's name, quoted.

create schema if not exists {schema};

create table {schema}.versions (
    version    integer primary key,
    created_at timestamptz not null default clock_timestamp()
);

-- The epoch of a topic without a row is made of its name and a seed, so that asking for a topic writes nothing. When rows are forgotten, the seeds of
-- their buckets change: a topic never gets an epoch that it had before.
create table {schema}.seeds (
    bucket integer primary key,
    seed   bytea not null
);

insert into {schema}.seeds
select bucket, sha256(uuid_send(gen_random_uuid())) from generate_series(0, 255) as bucket;

create sequence {schema}.topic_ids;

-- The name is the text in UTF-8, halves of surrogate pairs included, which the type text refuses: convert_from(name, 'UTF8') shows it.
-- id names one incarnation. There is no index on what an append changes, and room in each page, so that no append touches an index of this table.
create table {schema}.topics (
    id         bigint primary key default nextval('{schema}.topic_ids'),
    name       bytea not null unique,
    epoch      text not null,
    head       bigint not null default 0,
    oldest     bigint not null default 1,
    oldest_at  timestamptz,
    bytes      bigint not null default 0,
    completion smallint not null default 0,
    used_at    timestamptz not null default clock_timestamp(),
    changed    xid8 not null default pg_current_xact_id()
) with (fillfactor = 50);

create table {schema}.events (
    topic      bigint not null,
    sequence   bigint not null,
    payload    bytea not null,
    key        bytea,
    created_at timestamptz not null,
    primary key (topic, sequence)
);

create unique index events_by_key on {schema}.events (topic, key) where key is not null;

-- Incarnations that were deleted, whose events upkeep removes.
create table {schema}.dropped (
    topic bigint primary key
);

create table {schema}.leases (
    name       bytea primary key,
    owner      text not null,
    expires_at timestamptz not null,
    taken_over boolean not null default false
);

-- When a server last took the upkeep upon itself.
create table {schema}.upkeep (
    only_row  boolean primary key default true check (only_row),
    begun_at  timestamptz not null default '-infinity'
);

insert into {schema}.upkeep default values;

create function {schema}.random_epoch() returns text language sql volatile as $$
    select substr(encode(sha256(uuid_send(gen_random_uuid())), 'hex'), 1, 16)
$$;

create function {schema}.bucket_of(_name bytea) returns integer language sql immutable as $$
    select get_byte(sha256(_name), 0)
$$;

create function {schema}.unused_epoch(_seed bytea, _name bytea) returns text language sql immutable as $$
    select substr(encode(sha256(_seed || _name), 'hex'), 1, 16)
$$;

-- Makes the row of a topic that has none. The lock lets no seed change meanwhile.
create function {schema}.begin_topic(_name bytea) returns void language sql volatile as $$
    insert into {schema}.topics (name, epoch)
    select _name, {schema}.unused_epoch(s.seed, _name) from {schema}.seeds s
    where s.bucket = {schema}.bucket_of(_name) and not exists (select from {schema}.topics t where t.name = _name)
    for share
    on conflict (name) do nothing
$$;

-- Locks the row of a topic, and makes it where there is none.
create function {schema}.lock_topic(_name bytea) returns {schema}.topics language plpgsql volatile as $$
declare
    _topic {schema}.topics;
begin
    loop
        select * into _topic from {schema}.topics t where t.name = _name for update;
        exit when found;
        perform {schema}.begin_topic(_name);
    end loop;
    return _topic;
end
$$;

-- Appends events: for each topic its count of events, in order, and for each event its payload, its key or null and the epoch that it expects or null. The row lock of a topic gives its events
-- their numbers in the order of commits. Returns a row for each event: status 0 and its position; 1 where the topic is completed; 2 where the
-- topic's row is locked and _skip says not to wait for it; 3 and the position of the event that its key found;
-- 4 where the topic is of another epoch than expected. _patience is the most milliseconds to wait for a lock; null leaves that to the session.
create function {schema}.append(_names bytea[], _counts integer[], _payloads bytea[], _keys bytea[], _epochs text[], _skip boolean, _patience integer)
returns table (r_status smallint, r_epoch text, r_sequence bigint) language plpgsql volatile set enable_seqscan = off as $$
declare
    _topic {schema}.topics;
    _event integer := 0;
    _last  integer := 0;
    _head  bigint;
    _bytes bigint;
    _now   timestamptz;
begin
    if _patience is not null then
        perform set_config('lock_timeout', _patience::text, true);
    end if;

    for _i in 1 .. cardinality(_names) loop
        _last := _last + _counts[_i];
        for _attempt in 1 .. 2 loop
            if _skip then
                select * into _topic from {schema}.topics t where t.name = _names[_i] for update skip locked;
            else
                select * into _topic from {schema}.topics t where t.name = _names[_i] for update;
            end if;
            exit when found or _attempt = 2;
            perform {schema}.begin_topic(_names[_i]);
        end loop;

        if _topic.id is null then
            while _event < _last loop
                _event := _event + 1;
                r_status := 2;
                return next;
            end loop;
            continue;
        end if;

        _head := _topic.head;
        _bytes := 0;
        _now := clock_timestamp();
        r_epoch := _topic.epoch;
        while _event < _last loop
            _event := _event + 1;
            r_sequence := null;
            if _epochs[_event] <> _topic.epoch then
                r_status := 4;
                return next;
                continue;
            end if;

            if _keys[_event] is not null then
                select e.sequence into r_sequence from {schema}.events e where e.topic = _topic.id and e.key = _keys[_event];
            end if;

            r_status := 3;
            if r_sequence is null then
                if _topic.completion <> 0 then
                    r_status := 1;
                else
                    r_status := 0;
                    _head := _head + 1;
                    _bytes := _bytes + octet_length(_payloads[_event]);
                    r_sequence := _head;
                    insert into {schema}.events (topic, sequence, payload, key, created_at)
                    values (_topic.id, _head, _payloads[_event], _keys[_event], _now);
                end if;
            end if;
            return next;
        end loop;

        if _head > _topic.head then
            update {schema}.topics t
            set head = _head, bytes = t.bytes + _bytes, used_at = _now, changed = pg_current_xact_id(),
                oldest_at = case when t.oldest > t.head then _now else t.oldest_at end
            where t.id = _topic.id;
        end if;
    end loop;
end
$$;

-- Returns false where the topic is of another epoch than expected; null expects any.
create function {schema}.complete(_name bytea, _completion smallint, _epoch text, _patience integer)
returns boolean language plpgsql volatile as $$
declare
    _topic {schema}.topics;
begin
    perform set_config('lock_timeout', _patience::text, true);
    _topic := {schema}.lock_topic(_name);
    if _epoch <> _topic.epoch then
        return false;
    end if;

    update {schema}.topics t set completion = _completion, used_at = clock_timestamp(), changed = pg_current_xact_id()
    where t.id = _topic.id and t.completion = 0;
    return true;
end
$$;

-- Begins a topic anew. Its events are of an incarnation that is gone with this; upkeep removes them. Returns false where the topic is of another epoch than expected; null expects any.
create function {schema}.forget(_name bytea, _epoch text, _patience integer)
returns boolean language plpgsql volatile as $$
declare
    _old {schema}.topics;
begin
    perform set_config('lock_timeout', _patience::text, true);
    _old := {schema}.lock_topic(_name);
    if _epoch <> _old.epoch then
        return false;
    end if;

    insert into {schema}.dropped (topic) values (_old.id);
    update {schema}.topics t
    set id = nextval('{schema}.topic_ids'), epoch = {schema}.random_epoch(), head = 0, oldest = 1, oldest_at = null, bytes = 0, completion = 0,
        used_at = clock_timestamp(), changed = pg_current_xact_id()
    where t.id = _old.id;
    return true;
end
$$;

-- Drops a topic's oldest events that are beyond a bound, at most _most of them, so that the row is locked for milliseconds. Returns how many it dropped.
create function {schema}.trim(_topic bigint, _max_events bigint, _max_bytes bigint, _oldest_at timestamptz, _most integer)
returns integer language plpgsql volatile set synchronous_commit = off set enable_seqscan = off as $$
declare
    _state   {schema}.topics;
    _through bigint;
    _freed   bigint;
begin
    select * into _state from {schema}.topics t where t.id = _topic for update skip locked;
    if not found then
        return 0;
    end if;

    select max(e.sequence), max(e.freed) into _through, _freed
    from (
        select e.sequence, e.created_at, sum(octet_length(e.payload)) over (order by e.sequence) as freed, octet_length(e.payload) as size
        from (select * from {schema}.events where topic = _topic and sequence >= _state.oldest order by sequence limit _most) e
    ) e
    where e.sequence <= _state.head - _max_events
        or e.created_at < _oldest_at
        or (_state.bytes - e.freed + e.size > _max_bytes and e.sequence < _state.head);
    if _through is null then
        return 0;
    end if;

    -- The newest that has to go takes all before it along.
    select sum(octet_length(e.payload)) into _freed from {schema}.events e where e.topic = _topic and e.sequence between _state.oldest and _through;
    delete from {schema}.events e where e.topic = _topic and e.sequence <= _through;
    update {schema}.topics t
    set oldest = _through + 1, bytes = t.bytes - _freed,
        oldest_at = (select e.created_at from {schema}.events e where e.topic = _topic and e.sequence = _through + 1)
    where t.id = _topic;
    return _through - _state.oldest + 1;
end
$$;

-- Forgets topics that hold nothing and were not used for long, at most _most of them. Returns how many.
create function {schema}.forget_idle(_unused_since timestamptz, _most integer)
returns integer language plpgsql volatile set synchronous_commit = off as $$
declare
    _names bytea[];
    _count integer;
begin
    select array_agg(t.name) into _names
    from (select name from {schema}.topics where oldest > head and used_at < _unused_since limit _most) t;
    if _names is null then
        return 0;
    end if;

    -- The seeds first: whoever makes a row for one of these topics meanwhile waits here, and takes the new seed.
    perform 1 from {schema}.seeds s
    where s.bucket in (select {schema}.bucket_of(name) from unnest(_names) as name) order by s.bucket for update;
    with gone as (
        delete from {schema}.topics t
        where t.id in (
            select id from {schema}.topics where name = any (_names) and oldest > head and used_at < _unused_since for update skip locked)
        returning t.name
    ), turned as (
        update {schema}.seeds s set seed = sha256(uuid_send(gen_random_uuid()))
        where s.bucket in (select {schema}.bucket_of(name) from gone)
        returning 1
    )
    select count(*) into _count from gone;
    return _count;
end
$$;

insert into {schema}.versions (version) values (2);
