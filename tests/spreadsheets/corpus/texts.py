"""CSV, TSV and other files of text lines."""

from pipelines_portal.spreadsheets.files import ReadingOptions

from .case import Case, stored, text

GERMAN = "Bezeichnung;Menge;Preis;Fällig\r\nSchraube 5 mm;1.200;1.234,50;03.05.2026\r\nÖse;7;0,25;31.12.2026\r\n"
GERMAN_LINES = {
    1: ["Bezeichnung", "Menge", "Preis", "Fällig"],
    2: ["Schraube 5 mm", "1.200", "1.234,50", "03.05.2026"],
    3: ["Öse", "7", "0,25", "31.12.2026"],
}
FRENCH = 'Libellé;Montant;Note\r\n"Été ; hiver";1\xa0234,50 €;« oui »\r\nCœur;12,00 €;non\r\n'
FRENCH_LINES = {
    1: ["Libellé", "Montant", "Note"],
    2: ["Été ; hiver", "1\xa0234,50 €", "« oui »"],
    3: ["Cœur", "12,00 €", "non"],
}
PLAIN = "id\ttitle\n007\tOne\n008\tTwo\n"
PLAIN_LINES = {1: ["id", "title"], 2: ["007", "One"], 3: ["008", "Two"]}
GUESSED = "Windows-1252"
SAP = (
    "--------------------------------------------\r\n"
    "|Material  |Description     |    Quantity  |\r\n"
    "|----------|----------------|--------------|\r\n"
    "|000123    |Screw, long     |   1.234,50-  |\r\n"
    "|000124    |Nut             |       7,00   |\r\n"
)

TEXTS = [
    Case("names in brackets are no JSON", text("[Name],[Age]\nAnna,7\n"), {1: ["[Name]", "[Age]"], 2: ["Anna", "7"]}),
    Case(
        "German Excel, CSV", text(GERMAN, "cp1252"), GERMAN_LINES, decimal=",",
        found={"encoding": "cp1252", "delimiter": ";"}, remarks=(GUESSED,),
    ),
    Case("German Excel, CSV UTF-8", text(GERMAN, "utf-8-sig"), GERMAN_LINES, found={"encoding": "utf-8"}, decimal=","),
    Case(
        "French Excel, CSV", text(FRENCH, "cp1252"), FRENCH_LINES, decimal=",",
        found={"encoding": "cp1252", "delimiter": ";"}, remarks=(GUESSED,),
    ),
    Case(
        "Excel, Unicode text", text("\ufeff" + PLAIN.replace("\n", "\r\n"), "utf-16-le"), PLAIN_LINES,
        found={"encoding": "utf-16", "delimiter": "\t"},
    ),
    Case("UTF-16, big end first", text("\ufeff" + PLAIN, "utf-16-be"), PLAIN_LINES, found={"encoding": "utf-16"}),
    Case("UTF-16 without a mark", text(PLAIN, "utf-16-le"), PLAIN_LINES, found={"encoding": "utf-16"}),
    Case(
        "pasted from a spreadsheet", text('Title\tText\nOne\t"two\nlines"\nTwo\tsays ""yes""\n'),
        {1: ["Title", "Text"], 2: ["One", "two\nlines"], 3: ["Two", 'says ""yes""']}, found={"delimiter": "\t"},
    ),
    Case(
        "Google Sheets, CSV",
        text('Name,Done,Share,Due\r\n"Müller, Anna",TRUE,12%,5/3/2026\r\n李雷,FALSE,0.5%,12/31/2026'),
        {
            1: ["Name", "Done", "Share", "Due"], 2: ["Müller, Anna", "TRUE", "12%", "5/3/2026"],
            3: ["李雷", "FALSE", "0.5%", "12/31/2026"],
        },
        found={"encoding": "utf-8", "delimiter": ","}, decimal=".",
    ),
    Case(
        "Numbers, CSV", text("Table 1\nName,Amount\nOne,\"1,234.50\"\nTwo,7\n"),
        {1: ["Table 1"], 2: ["Name", "Amount"], 3: ["One", "1,234.50"], 4: ["Two", "7"]}, header=1, decimal=".",
    ),
    Case(
        "LibreOffice, CSV", stored("libreoffice.csv"),
        {1: ["Number", "Title", "Share", "Due"], 2: ["000123", "One, two", "12.5%", "2026-05-03"],
         3: ["000124", 'Say "x"', "100.0%", "2026-12-31"]},
        found={"encoding": "utf-8", "delimiter": ","},
    ),
    Case(
        "SAP list with bars", text(SAP, "cp1252"),
        {
            1: ["-" * 44], 2: ["", "Material  ", "Description     ", "    Quantity  "],
            3: ["", "-" * 10, "-" * 16, "-" * 14],
            4: ["", "000123    ", "Screw, long     ", "   1.234,50-  "],
            5: ["", "000124    ", "Nut             ", "       7,00   "],
        },
        header=1, found={"delimiter": "|"}, decimal=",",
    ),
    Case(
        "SAP export with minus behind",
        text("Belegnr;Betrag;Konto\n12345678901234567890;1.234,50-;0000400100\n2;5,00;1\n"),
        {1: ["Belegnr", "Betrag", "Konto"], 2: ["12345678901234567890", "1.234,50-", "0000400100"],
         3: ["2", "5,00", "1"]},
        decimal=",",
    ),
    Case(
        "Excel with a line for its separator", text("sep=;\r\na;b\r\n1,5;2\r\n"), {1: ["a", "b"], 2: ["1,5", "2"]},
        found={"delimiter": ";"}, decimal=",",
    ),
    Case(
        "two files in one, with a mark in the middle", text("\ufeffid,t\n1,a\n\ufeff2,b\n"),
        {1: ["id", "t"], 2: ["1", "a"], 3: ["\ufeff2", "b"]},
    ),
    Case(
        "Macintosh", text("Prénom;Âge\nZoë;7\n", "mac_roman"), {1: ["Prénom", "Âge"], 2: ["Zoë", "7"]},
        ReadingOptions(encoding="mac_roman"), found={"encoding": "mac_roman"},
    ),
    Case(
        "Russian", text("Имя;Город\nОльга;Тверь\n", "cp1251"), {1: ["Имя", "Город"], 2: ["Ольга", "Тверь"]},
        ReadingOptions(encoding="cp1251"),
    ),
    Case(
        "Polish", text("Imię;Miasto\nŁucja;Łódź\n", "cp1250"), {1: ["Imię", "Miasto"], 2: ["Łucja", "Łódź"]},
        ReadingOptions(encoding="cp1250"),
    ),
    Case(
        "DOS",
        text("name;size\nGrün;7\n", "cp437"),
        {1: ["name", "size"], 2: ["Grün", "7"]},
        ReadingOptions(encoding="cp437"),
    ),
    Case(
        "Japanese", text("名前,年齢\n花子,7\n", "shift_jis"), {1: ["名前", "年齢"], 2: ["花子", "7"]},
        ReadingOptions(encoding="shift_jis"),
    ),
    Case(
        "the wrong encoding asked for", text("Imię\nŁucja\n", "cp1250"), {1: ["Imi\ufffd"], 2: ["\ufffducja"]},
        ReadingOptions(encoding="utf-8"), remarks=("can’t be read as Unicode (UTF-8)",),
    ),
    Case(
        "line ends of three kinds", text('a,b\r\n1,"x\r\ny"\r2,"z\nw"\n\n3,\n'),
        {1: ["a", "b"], 2: ["1", "x\r\ny"], 3: ["2", "z\nw"], 5: ["3"]},
    ),
    Case("line ends of old Macintoshes", text("a,b\r1,2\r3,4\r"), {1: ["a", "b"], 2: ["1", "2"], 3: ["3", "4"]}),
    Case(
        "a title above and totals below",
        text("Orders of May,,\nprinted on 2026-05-03,,\n,,\nItem,Count,Price\nScrew,5,1.20\nNut,7,0.30\nTotal,12,\n"),
        {1: ["Orders of May"], 2: ["printed on 2026-05-03"], 4: ["Item", "Count", "Price"], 5: ["Screw", "5", "1.20"],
         6: ["Nut", "7", "0.30"], 7: ["Total", "12"]},
        header=2,
    ),
    Case(
        "three lines of headers",
        text("Address,,,Order,\nStreet,City,,Item,\nname,name,code,name,count\n"
             "Elm Road,Bath,BA1,Screw,5\nOak Lane,York,YO1,Nut,7\n"),
        {1: ["Address", "", "", "Order"], 2: ["Street", "City", "", "Item"],
         3: ["name", "name", "code", "name", "count"], 4: ["Elm Road", "Bath", "BA1", "Screw", "5"],
         5: ["Oak Lane", "York", "YO1", "Nut", "7"]},
        header=2,
    ),
    Case(
        "empty columns", text("a,,b,,\n1,,2,,\n,,,,\n3,,4,,\n"),
        {1: ["a", "", "b"], 2: ["1", "", "2"], 4: ["3", "", "4"]},
    ),
    Case(
        "thousands and currencies", text('Item,Price\nOne,"$1,234.50"\nTwo,"$12,000"\nThree,($5.00)\n'),
        {1: ["Item", "Price"], 2: ["One", "$1,234.50"], 3: ["Two", "$12,000"], 4: ["Three", "($5.00)"]}, decimal=".",
    ),
    Case(
        "guarded formulas", text("\ufeffa,b\n'=1+1,'+49 30\n''=x,'tis\n"),
        {1: ["a", "b"], 2: ["=1+1", "+49 30"], 3: ["'=x", "'tis"]},
    ),
    Case("one column", text("Text\n\nOne two\nThree. Four\n"), {1: ["Text"], 3: ["One two"], 4: ["Three. Four"]}),
    Case(
        "stray quotes", text('Item;Size\nPipe 5";7\n"Nut" old;8\n'),
        {1: ["Item", "Size"], 2: ['Pipe 5"', "7"], 3: ["Nut old", "8"]}, found={"delimiter": ";"},
    ),
    Case("another separator asked for", text("a;b,c\n1;2,3\n"),
         {1: ["a", "b,c"], 2: ["1", "2,3"]}, ReadingOptions(delimiter=";")),
    Case("a web page called .xls", text("<html><table><tr><td>a</td></tr></table></html>"), refused="web page"),
]  # fmt: skip
