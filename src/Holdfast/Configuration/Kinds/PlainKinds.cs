using System.Globalization;
using System.Text.Json;
using Holdfast.Configuration.Sources;

namespace Holdfast.Configuration.Kinds;

/// <summary>Yes or no.</summary>
internal sealed class BooleanKind : ValueKind<bool>
{
    public static BooleanKind Instance { get; } = new();

    public override string Name => "true or false";

    public override string Example => "true";

    public override Parsed<bool> Read(SettingNode node, SettingsReading reading) => node switch
    {
        ValueNode { Form: ValueForm.Boolean } value => Right(value.Text == "true"),
        ValueNode { Form: ValueForm.Untyped } value when bool.TryParse(value.Text, out var yes) => Right(yes),
        ValueNode { Form: ValueForm.Text } value when bool.TryParse(value.Text, out _) =>
            Wrong("is text: write it without the quotes."),
        _ => Wrong("is neither true nor false: write one of them."),
    };

    public override void Write(Utf8JsonWriter json, object value) => json.WriteBooleanValue((bool)value);

    public override void WriteSchema(Utf8JsonWriter json) => WriteTypes(json, "boolean");
}

/// <summary>A whole number within bounds.</summary>
internal sealed class NumberKind(string unit, long least, long most) : ValueKind<long>
{
    public override string Name => unit;

    public override string Example => most.ToString(CultureInfo.InvariantCulture);

    public override Parsed<long> Read(SettingNode node, SettingsReading reading)
    {
        if (node is not ValueNode { Form: ValueForm.Number or ValueForm.Untyped } value
            || !long.TryParse(value.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            return Wrong($"is not a whole number of {unit}: write it in digits, without quotes or unit.");
        }

        return number >= least && number <= most
            ? Right(number)
            : Wrong(string.Create(CultureInfo.InvariantCulture, $"is out of range: write {least} to {most} {unit}."));
    }

    public override void Write(Utf8JsonWriter json, object value) =>
        json.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));

    public override void WriteSchema(Utf8JsonWriter json)
    {
        WriteTypes(json, "integer");
        json.WriteNumber("minimum", least);
        json.WriteNumber("maximum", most);
    }
}

/// <summary>One of a few words.</summary>
internal sealed class ChoiceKind<T>(params Word<T>[] words) : ValueKind<T>
{
    private IEnumerable<string> Texts => words.Select(word => word.Text);

    public override string Name => string.Join(", ", Texts.Select(text => $"`{text}`"));

    public override string Example => Either();

    public override Parsed<T> Read(SettingNode node, SettingsReading reading)
    {
        if (node is not ValueNode { Form: ValueForm.Text or ValueForm.Untyped } value)
        {
            return Wrong($"is not a word in quotes: write {Either()}.");
        }

        if (Array.Find(words, word => word.Text == value.Text) is { } chosen)
        {
            return Right(chosen.Value);
        }

        return Wrong(NearestName.Of(value.Text, Texts) is { } meant
            ? $"is not known: did you mean \"{meant}\"? It may be {Either()}."
            : $"is not known: write {Either()}.");
    }

    public string WordOf(T value) => Array.Find(words, word => Equals(word.Value, value))!.Text;

    public override void Write(Utf8JsonWriter json, object value) => json.WriteStringValue(WordOf((T)value));

    public override void WriteSchema(Utf8JsonWriter json)
    {
        json.WriteStartArray("enum");
        foreach (var text in Texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteNullValue();
        json.WriteEndArray();
    }

    private string Either()
    {
        var quoted = Texts.Select(text => $"\"{text}\"").ToArray();
        return quoted.Length == 1 ? quoted[0] : $"{string.Join(", ", quoted[..^1])} or {quoted[^1]}";
    }
}

/// <summary>A word and what it stands for.</summary>
internal sealed record Word<T>(string Text, T Value);
