using System.Text.Json;
using Holdfast.Configuration.Sources;

namespace Holdfast.Configuration.Kinds;

/// <summary>A kind of value: how it is read, written, and described. Knows no setting.</summary>
internal abstract class ValueKind<T>
{
    /// <summary>The kind's name in <c>docs/config.md</c>, with its unit.</summary>
    public abstract string Name { get; }

    /// <summary>A value as the file could hold it, for somebody who left it out.</summary>
    public abstract string Example { get; }

    public abstract Parsed<T> Read(SettingNode node, SettingsReading reading);

    /// <summary>Writes a value of this kind the way the file would hold it.</summary>
    public abstract void Write(Utf8JsonWriter json, object value);

    /// <summary>Writes the members of this kind's JSON schema, type aside <c>null</c> included.</summary>
    public abstract void WriteSchema(Utf8JsonWriter json);

    /// <summary>Whether a wrong value may be shown in a message; false for what may be a secret by mistake.</summary>
    public virtual bool MayShow(SettingNode node) => true;

    protected static Parsed<T> Wrong(string problem) => new(default!, problem);

    protected static Parsed<T> Right(T value) => new(value, null);

    protected static void WriteTypes(Utf8JsonWriter json, params ReadOnlySpan<string> types)
    {
        json.WriteStartArray("type");
        foreach (var type in types)
        {
            json.WriteStringValue(type);
        }

        json.WriteStringValue("null");
        json.WriteEndArray();
    }
}

/// <summary>A value, or what is wrong with it and the way out, as the end of a sentence.</summary>
internal readonly record struct Parsed<T>(T Value, string? Problem);
