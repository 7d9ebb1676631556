-- Public views: stable and flat. Columns are only ever added, at the end.

-- The latest revision of each event; those retracted are left out. `actor` and `recipient` are the first of their
-- kind: all of them are in `actors`.
CREATE VIEW events AS SELECT
    id AS event_id,
    json ->> '$.date.start' AS event_date,
    json ->> '$.date.end' AS event_date_end,
    json ->> '$.date.source' AS event_date_source,
    json ->> '$.type' AS event_type,
    json ->> '$.mode' AS event_mode,
    json ->> '$.contexts' AS contexts,
    json ->> '$.cameo' AS cameo,
    json ->> '$.quad' AS quad,
    json ->> '$.plover_score' AS plover_score,
    json ->> '$.goldstein' AS goldstein,
    json ->> '$.modality' AS modality,
    json ->> '$.attribution.kind' AS attribution,
    coalesce(json ->> '$.actors[0].name', json ->> '$.actors[0].text') AS actor,
    json ->> '$.actors[0].country' AS actor_country,
    json ->> '$.actors[0].group' AS actor_group,
    json ->> '$.actors[0].sectors' AS actor_sectors,
    coalesce(json ->> '$.recipients[0].name', json ->> '$.recipients[0].text') AS recipient,
    json ->> '$.recipients[0].country' AS recipient_country,
    json ->> '$.recipients[0].group' AS recipient_group,
    json ->> '$.recipients[0].sectors' AS recipient_sectors,
    json ->> '$.location.name' AS place,
    json ->> '$.location.country' AS place_country,
    json ->> '$.location.admin1_name' AS place_admin1,
    json ->> '$.location.level' AS place_level,
    json ->> '$.location.lat' AS latitude,
    json ->> '$.location.lon' AS longitude,
    json ->> '$.location.geonameid' AS geonameid,
    json ->> '$.size.dead.min' AS dead_min,
    json ->> '$.size.dead.max' AS dead_max,
    json ->> '$.size.injured.min' AS injured_min,
    json ->> '$.size.injured.max' AS injured_max,
    json ->> '$.size.arrested.min' AS arrested_min,
    json ->> '$.size.arrested.max' AS arrested_max,
    json ->> '$.size.participants.min' AS participants_min,
    json ->> '$.size.participants.max' AS participants_max,
    json ->> '$.confidence.overall' AS confidence,
    json ->> '$.trigger.text' AS trigger_text,
    json ->> '$.sentence.text' AS sentence,
    json ->> '$.article.url' AS url,
    json ->> '$.article.title' AS title,
    json ->> '$.article.published' AS published,
    json ->> '$.article.language' AS language,
    json ->> '$.source.publisher' AS publisher,
    json ->> '$.source.site' AS site,
    json ->> '$.source.feed.id' AS feed_id,
    json ->> '$.recorded' AS recorded,
    json ->> '$.status' AS status,
    revision,
    json ->> '$.dedup_key' AS dedup_key,
    article AS article_id
FROM _outlet WHERE outlet = 2 AND latest = 1 AND type <> 'dateline.event.retracted';

-- A row an actor or recipient of the events above; `role` is `actor` or `recipient`, `position` counts from 0.
CREATE VIEW actors AS
WITH standing AS (
    SELECT id, json FROM _outlet
    WHERE outlet = 2 AND latest = 1 AND type <> 'dateline.event.retracted'
), parties AS (
    SELECT standing.id, 'actor' AS role, party.key AS position, party.value AS json
    FROM standing, json_each(standing.json, '$.actors') AS party
    UNION ALL
    SELECT standing.id, 'recipient', party.key, party.value
    FROM standing, json_each(standing.json, '$.recipients') AS party
)
SELECT
    id AS event_id,
    role,
    position,
    coalesce(json ->> '$.name', json ->> '$.text') AS actor,
    json ->> '$.text' AS text,
    json ->> '$.name' AS name,
    json ->> '$.country' AS country,
    json ->> '$.group' AS actor_group,
    json ->> '$.territory' AS territory,
    json ->> '$.sectors' AS sectors,
    json ->> '$.wikidata' AS wikidata,
    json ->> '$.implied' AS implied,
    json ->> '$.role_from' AS role_from,
    json ->> '$.country_from' AS country_from
FROM parties;

-- The latest revision of each article.
CREATE VIEW articles AS SELECT
    id AS article_id,
    json ->> '$.url' AS url,
    json ->> '$.title' AS title,
    json ->> '$.text' AS text,
    json ->> '$.authors' AS authors,
    json ->> '$.published.at' AS published_at,
    json ->> '$.published.day' AS published_day,
    json ->> '$.modified' AS modified,
    json ->> '$.first_seen' AS first_seen,
    json ->> '$.fetched' AS fetched,
    json ->> '$.language.used' AS language,
    json ->> '$.section' AS section,
    json ->> '$.image' AS image,
    json ->> '$.publisher' AS publisher,
    json ->> '$.source.site' AS site,
    json ->> '$.source.feed.id' AS feed_id,
    json ->> '$.source.country' AS source_country,
    json ->> '$.agency' AS agency,
    json ->> '$.access.state' AS access,
    json ->> '$.body_source' AS body_source,
    json ->> '$.coding.status' AS coding_status,
    json ->> '$.coding.events' AS events,
    json ->> '$.coding.withheld' AS withheld,
    json ->> '$.text_sha256' AS text_sha256,
    json ->> '$.simhash' AS simhash,
    json ->> '$.copy_of' AS copy_of,
    json ->> '$.recorded' AS recorded,
    json ->> '$.status' AS status,
    revision
FROM _outlet WHERE outlet = 1 AND latest = 1;

-- Every revision of every event, in commit order, with the whole record as JSON.
CREATE VIEW event_log AS SELECT
    seq AS position,
    id AS event_id,
    revision,
    json ->> '$.status' AS status,
    json ->> '$.recorded' AS recorded,
    json ->> '$.type' AS event_type,
    article AS article_id,
    json ->> '$.article.url' AS url,
    json
FROM _outlet WHERE outlet = 2;
