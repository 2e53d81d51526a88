using System.Globalization;
using System.Text.Json;
using Holdfast.Configuration.Sources;

namespace Holdfast.Configuration.Kinds;

/// <summary>A sum of US dollars, down to nothing.</summary>
internal sealed class PriceKind : ValueKind<decimal>
{
    private const decimal Most = 1_000_000;

    public static PriceKind Instance { get; } = new();

    public override string Name => "US dollars";

    public override string Example => "2.5";

    public override Parsed<decimal> Read(SettingNode node, SettingsReading reading)
    {
        if (node is not ValueNode { Form: ValueForm.Number or ValueForm.Untyped } value
            || !decimal.TryParse(
                value.Text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture,
                out var price))
        {
            return Wrong("is not a price: write US dollars in digits, without quotes or sign.");
        }

        return price is >= 0 and <= Most ? Right(price) : Wrong("is out of range: write 0 to 1000000 US dollars.");
    }

    public override void Write(Utf8JsonWriter json, object value) => json.WriteNumberValue((decimal)value);

    public override void WriteSchema(Utf8JsonWriter json)
    {
        WriteTypes(json, "number");
        json.WriteNumber("minimum", 0);
        json.WriteNumber("maximum", Most);
    }
}
