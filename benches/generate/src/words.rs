//! The words that names are made of.

pub const FIRST_NAMES: [&str; 48] = [
    "anna", "bela", "carla", "dario", "elena", "frank", "greta", "hugo", "ines", "jonas", "katja", "lars", "mara",
    "nils", "olga", "paul", "quinn", "rosa", "sven", "tina", "udo", "vera", "willi", "xenia", "yara", "zoe",
    "amir", "birgit", "chen", "dina", "erik", "fatima", "georg", "hanna", "ivan", "julia", "klaus", "lena",
    "marco", "nora", "oskar", "petra", "ralf", "sabine", "thomas", "ulrike", "viktor", "wanda",
];

pub const LAST_NAMES: [&str; 48] = [
    "abel", "bauer", "carstens", "diaz", "ebert", "fischer", "garcia", "hoffmann", "ivanova", "jansen", "keller",
    "lehmann", "meier", "novak", "ortega", "peters", "quandt", "richter", "schmidt", "tanaka", "ullmann", "vogel",
    "weber", "xu", "yilmaz", "zimmer", "albrecht", "brandt", "conrad", "dietrich", "engel", "franke", "graf",
    "hansen", "iqbal", "jung", "kowalski", "lorenz", "moreau", "neumann", "olsen", "pavlov", "reuter", "sauer",
    "thoma", "urban", "voss", "winkler",
];

pub const PLACES: [&str; 40] = [
    "amber", "birch", "cedar", "delta", "eagle", "falcon", "garnet", "harbor", "island", "juniper", "kestrel",
    "lagoon", "maple", "north", "ocean", "pine", "quarry", "river", "silver", "timber", "umber", "valley",
    "willow", "yonder", "zephyr", "alpine", "bright", "copper", "dune", "ember", "frost", "granite", "hazel",
    "ivory", "jasper", "linden", "meadow", "opal", "prairie", "stone",
];

pub const TRADES: [&str; 32] = [
    "works",
    "media",
    "labs",
    "trade",
    "bank",
    "shop",
    "press",
    "foods",
    "motors",
    "travel",
    "clinic",
    "school",
    "energy",
    "design",
    "legal",
    "sports",
    "garden",
    "music",
    "books",
    "steel",
    "cargo",
    "textil",
    "optics",
    "systems",
    "market",
    "studio",
    "express",
    "partners",
    "logistics",
    "software",
    "consult",
    "insurance",
];

/// The domains of the large providers of mailboxes.
pub const LARGE_DOMAINS: [&str; 16] = [
    "bigmail.example",
    "postbox.example",
    "freemail.test",
    "inbox-one.example",
    "webpost.test",
    "mailcity.example",
    "quickmail.test",
    "homenet.example",
    "skymail.example",
    "telenet.test",
    "cablemail.example",
    "mobilemail.test",
    "eumail.example",
    "officemail.example",
    "campus.test",
    "oldmail.example",
];

/// Names that guessers of passwords try first.
pub const GUESSED_NAMES: [&str; 24] = [
    "admin",
    "info",
    "test",
    "sales",
    "support",
    "office",
    "webmaster",
    "contact",
    "scanner",
    "backup",
    "user",
    "mail",
    "postmaster",
    "billing",
    "noreply",
    "printer",
    "service",
    "accounts",
    "root",
    "newsletter",
    "marketing",
    "hr",
    "helpdesk",
    "reception",
];

/// Local parts of those who send to many.
pub const SENDING_ROLES: [&str; 10] =
    ["bounce", "news", "mailer", "delivery", "return", "campaign", "notify", "lists", "offers", "updates"];

/// Users of the machines that submit mail by the sendmail command: name, uid; mx1 has the first half.
pub const LOCAL_USERS: [(&str, u32); 12] = [
    ("root", 0),
    ("www-data", 33),
    ("backup", 34),
    ("monitor", 998),
    ("cron", 990),
    ("deploy", 1001),
    ("wiki", 994),
    ("tickets", 995),
    ("billing", 993),
    ("lists", 38),
    ("reports", 1002),
    ("archive", 1003),
];
