"""What column headings mean, in the languages that invoices come in.

A word that begins with `=` must be a whole word of the heading; another may be a part of one
(`rechnungsdatum` holds `datum`). Headings are compared without case, accents and punctuation.
"""

import re
import unicodedata
from functools import cache

MEANINGS: dict[str, tuple[str, ...]] = {
    "BilledCost": (
        "amount", "cost", "charge", "total", "spend", "=net", "netto", "betrag", "kosten",
        "summe", "montant", "cout", "=ht", "importe", "coste", "costo", "importo", "bedrag",
        "valor", "custo", "belopp", "belob", "kwota", "koszt", "金額", "料金", "金额", "费用",
        "gross", "brutto", "ttc", "lordo", "bruto", "price", "preis", "prix", "precio", "prezzo",
        "preco", "pris", "cena",
    ),
    "ChargePeriodStart": (
        "start", "=from", "begin", "=von", "=ab", "=du", "debut", "desde", "inicio", "inizio",
        "=dal", "=van", "vanaf", "=fra", "=od", "usagedate", "servicedate", "leistungsdatum",
        "date", "=day", "month", "period", "datum", "=tag", "monat", "zeitraum", "=jour", "=mois",
        "fecha", "=dia", "=mes", "=data", "giorno", "=mese", "maand", "=dato", "manad", "maned",
        "dzien", "miesiac", "日付", "日期",
    ),
    "ChargePeriodEnd": (
        "=end", "enddate", "periodend", "=to", "until", "through", "=bis", "=ende", "=fin",
        "=au", "hasta", "=fine", "=al", "=tot", "einde", "=ate", "=fim", "=til", "=till", "=do",
    ),
    "BillingCurrency": (
        "currency", "wahrung", "devise", "monnaie", "moneda", "divisa", "valuta", "moeda", "waluta",
        "通貨", "货币",
    ),
    "ServiceName": (
        "service", "product", "=item", "=plan", "=sku", "produkt", "artikel", "leistung",
        "dienst", "produit", "article", "servicio", "producto", "servizio", "prodotto", "servico",
        "produto", "tjanst", "tjeneste", "vare", "usluga", "サービス", "产品",
    ),
    "ChargeDescription": (
        "description", "detail", "memo", "=note", "=notes", "beschreibung", "bezeichnung",
        "=text", "=position", "libelle", "designation", "descripcion", "concepto", "descrizione",
        "omschrijving", "descricao", "beskrivning", "beskrivelse", "opis", "明細", "描述",
    ),
    "SubAccountName": (
        "account", "workspace", "organi", "subscription", "tenant", "konto", "mandant",
        "compte", "cuenta", "conto", "conta",
    ),
    "BillingAccountId": ("customer", "client", "kunde", "klant", "cliente", "billingaccount"),
    "InvoiceId": (
        "invoice", "rechnung", "facture", "factura", "fattura", "factuur", "fatura", "faktura",
        "=beleg", "請求書", "发票",
    ),
    "ConsumedQuantity": (
        "quantity", "=qty", "=units", "usage", "=count", "menge", "anzahl", "quantite",
        "cantidad", "quantita", "aantal", "quantidade", "antal", "ilosc", "数量",
    ),
    "ConsumedUnit": ("=unit", "uom", "einheit", "=unite", "unidad", "=unita", "eenheid", "unidade",
                     "enhet", "enhed", "jednostka", "単位"),
    "RegionId": ("region", "location", "standort", "localisation", "ubicacion", "regiao"),
    "ResourceId": ("resource", "instance", "hostname", "ressource", "recurso", "risorsa"),
    "ChargeCategory": ("=type", "=typ", "category", "=kind", "kategorie", "categor", "=art",
                       "=tipo", "=soort"),
    "vendor": ("vendor", "provider", "supplier", "seller", "anbieter", "lieferant", "fournisseur",
               "proveedor", "fornitore", "leverancier", "fornecedor", "leverandor"),
    "tax": ("=tax", "=vat", "taxamount", "=mwst", "=ust", "steuer", "=tva", "=iva", "=btw", "=moms",
            "=gst", "=podatek", "税"),
}  # fmt: skip
"""What a column can be → words of its heading; the earlier ones say it more clearly."""

NOT: dict[str, tuple[str, ...]] = {
    "BilledCost": (
        "unit", "rate", "=per", "tax", "=vat", "mwst", "=ust", "steuer", "tva", "=iva", "btw",
        "discount", "rabatt", "remise", "descuento", "sconto", "quantity", "qty", "menge", "anzahl",
        "seconds", "average", "count", "savings", "date", "datum", "number", "=nr", "=id", "center",
        "centre", "stelle", "=type", "=typ", "category", "code", "einzel", "stuck", "unitaire",
        "unitario", "balance", "saldo", "paid", "due", "percent", "prozent", "=pct",
    ),
    "ChargePeriodStart": ("=end", "enddate", "periodend", "due", "fallig", "echeance",
                          "vencimiento", "scadenza", "paid", "bezahlt", "payment", "update",
                          "created", "database"),
    "ChargePeriodEnd": ("due", "paid"),
    "BillingAccountId": ("=type",),
    "ServiceName": ("date", "datum", "number", "=nr", "period", "zeitraum", "serviceregion"),
    "SubAccountName": ("manager", "owner"),
    "InvoiceId": (
        "issuer", "section", "publisher", "=type", "=name", "month", "date", "datum", "amount",
        "betrag", "total", "status", "=currency", "fecha", "data", "fechas", "line",
    ),
    "ConsumedQuantity": ("=id", "accountid", "price", "preis", "cost", "=type", "date", "unit"),
    "ConsumedUnit": ("price", "preis", "cost", "=rate", "amount"),
    "ChargeCategory": ("service",),
    "tax": ("rate", "satz", "=id", "number", "=nr", "%", "percent", "incl", "=ex", "excl"),
}  # fmt: skip
"""Words of a heading that rule a meaning out."""

LESS: dict[str, tuple[str, ...]] = {
    "BilledCost": (
        "usage", "consum", "nutzung", "overage", "tier", "list", "public", "retail", "payg",
        "price", "preis", "prix", "precio", "prezzo", "=cpu", "cpucost", "=ram", "ramcost", "gpu",
        "network", "storage", "pvcost", "=fee", "=blended", "amortiz", "reservation",
    ),
    "ServiceName": ("=id", "code", "category", "family", "provider", "=type"),
    "SubAccountName": ("billing", "=type", "subscription"),
    "ResourceId": ("group", "location", "=type", "global"),
    "ConsumedQuantity": ("discount", "pricing", "average"),
}  # fmt: skip
"""Words of a heading that means it less than another one."""

WITH_TAX = ("gross", "brutto", "=ttc", "incl", "lordo", "bruto", "=grand")
"""Words of an amount that has the tax in it."""
INVOICE_DATE = ("invoice", "rechnung", "facture", "factura", "fattura", "factuur", "fatura",
                "faktura", "billing", "issued", "buchung")  # fmt: skip
"""Words of a date that is the invoice's rather than the usage's."""

TAGS: dict[str, tuple[str, ...]] = {
    "team": ("=team", "squad"),
    "department": ("department", "=dept", "abteilung", "departement", "departamento", "reparto",
                   "afdeling"),
    "cost-center": ("costcenter", "costcentre", "kostenstelle", "centredecout", "centrodecoste",
                    "centrodicosto", "kostenplaats", "centrodecusto"),
    "environment": ("environment", "=env", "umgebung", "environnement", "entorno", "ambiente",
                    "omgeving"),
    "project": ("project", "projekt", "projet", "proyecto", "progetto", "projeto"),
    "owner": ("=owner", "besitzer", "proprietaire", "responsable", "verantwortlich"),
}  # fmt: skip
"""Tag key → words of its heading."""
TAG_PREFIXES = ("tag:", "tags.", "tags/", "tag_", "label:", "labels.", "label_")

CATEGORIES: dict[str, tuple[str, ...]] = {
    "Tax": ("=tax", "=vat", "mwst", "=ust", "steuer", "=tva", "=iva", "=btw", "moms"),
    "Credit": ("credit", "gutschrift", "=avoir", "credito", "promo", "kredit"),
    "Adjustment": ("adjust", "korrektur", "correction", "discount", "rabatt", "remise", "rounding",
                   "refund", "erstattung", "descuento", "sconto"),
    "Purchase": ("purchase", "subscription", "license", "licence", "=seat", "=seats", "=plan",
                 "=fee", "=abo", "abonnement", "lizenz", "grundgebuhr", "licenza", "suscripcion",
                 "one-time", "setup", "=fix"),
    "Usage": ("usage", "consum", "nutzung", "verbrauch", "=uso", "metered", "overage",
              "utilisation", "verbruik"),
}  # fmt: skip
"""ChargeCategory → words of a value that means it."""

TOTALS = ("total", "summe", "gesamt", "subtotal", "zwischensumme", "somme", "totale", "totaal",
          "suma", "summa", "合計", "合计")  # fmt: skip
"""How rows begin that add up others."""


@cache
def heading(text: str) -> tuple[str, frozenset[str]]:
    """A heading's letters in one piece, and its words, without case and accents."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    plain = unicodedata.normalize("NFKD", spaced.replace("ß", "ss")).casefold()
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    words = re.findall(r"[^\W_]+|%", bare)
    return "".join(words), frozenset(words)


def says(text: str, words: tuple[str, ...]) -> str | None:
    """The first of the words that a heading or value has."""
    whole, parts = heading(text)
    for word in words:
        # MwSt. and QTY are one word, however their letters are written.
        if word.startswith("=") and (word[1:] in parts or word[1:] == whole):
            return word[1:]
        if not word.startswith("=") and heading(word)[0] in whole:
            return word
    return None


def meaning(text: str, what: str) -> tuple[int, str]:
    """How clearly a heading means something (0: not at all), and the word that says it."""
    words = MEANINGS[what]
    word = says(text, words)
    if word is None or says(text, NOT.get(what, ())):
        return 0, ""
    at = next(i for i, known in enumerate(words) if known.lstrip("=") == word)
    return 1000 - at, word
