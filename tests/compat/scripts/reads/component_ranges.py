# clients: 3.1.2
"""What release 3 added for reading: ranges by component, cycles, accepted datasets; further arguments have no effect."""

import json

from runregistry.runregistry import get_cycles, get_datasets_accepted, get_lumisection_ranges_by_component

answer = get_lumisection_ranges_by_component(315512, cert=("usercert.pem", "userkey.pem"))
accepted = get_datasets_accepted()
print(
    json.dumps(
        {
            "dt": answer["dt-dt"],
            "components": sorted(answer.keys()),
            "nothing": get_lumisection_ranges_by_component(1, "online"),
            "cycles": get_cycles(),
            "accepted": [{key: row[key] for key in ("regexp", "name", "class")} for row in accepted],
        }
    )
)
