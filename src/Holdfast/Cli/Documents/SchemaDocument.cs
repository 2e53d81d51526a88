using System.Text;
using System.Text.Json;
using Holdfast.Configuration;
using Holdfast.Configuration.Settings;
using Holdfast.Upstreams;

namespace Holdfast.Cli.Documents;

/// <summary>Writes <c>docs/holdfast.schema.json</c>, by which an editor completes and checks the file.</summary>
internal static class SchemaDocument
{
    public static string Write(DocComments comments)
    {
        using var text = new MemoryStream();
        using (var json = new Utf8JsonWriter(text, JsonForPeople.Indented))
        {
            json.WriteStartObject();
            json.WriteString("$schema", "http://json-schema.org/draft-07/schema#");
            json.WriteString("title", "holdfast.json");
            json.WriteString("type", "object");
            json.WriteBoolean("additionalProperties", false);
            json.WriteStartObject("properties");
            json.WriteStartObject("$schema");
            json.WriteString("type", "string");
            json.WriteEndObject();
            WriteSettings(json, SettingsTable.Root.Describe(new()), comments);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(text.ToArray()) + "\n";
    }

    private static void WriteSettings(
        Utf8JsonWriter json, IReadOnlyList<SettingDescription> settings, DocComments comments)
    {
        foreach (var setting in settings)
        {
            json.WriteStartObject(setting.Name);
            json.WriteString("description", comments.OfSetting(setting.Owner, setting.Name));
            if (setting.IsMap)
            {
                WriteMap(json, setting, comments);
            }
            else if (setting.IsList)
            {
                WriteList(json, setting, comments);
            }
            else if (setting.Children.Count > 0)
            {
                WriteSection(json, setting.Children, comments, requireAll: true);
            }
            else
            {
                WriteValue(json, setting);
            }

            json.WriteEndObject();
        }
    }

    private static void WriteValue(Utf8JsonWriter json, SettingDescription setting)
    {
        setting.WriteSchema(json);
        if (setting.Default is { } standard and not "null")
        {
            json.WritePropertyName("default");
            json.WriteRawValue(standard);
        }
    }

    private static void WriteSection(
        Utf8JsonWriter json, IReadOnlyList<SettingDescription> settings, DocComments comments, bool requireAll)
    {
        json.WriteStartArray("type");
        json.WriteStringValue("object");
        json.WriteStringValue("null");
        json.WriteEndArray();
        WriteMembers(json, settings, comments, requireAll);
    }

    private static void WriteMembers(
        Utf8JsonWriter json, IReadOnlyList<SettingDescription> settings, DocComments comments, bool requireAll)
    {
        json.WriteBoolean("additionalProperties", false);
        json.WriteStartObject("properties");
        WriteSettings(json, settings, comments);
        json.WriteEndObject();
        var required = settings.Where(setting => requireAll && setting.IsRequired).ToArray();
        if (required.Length > 0)
        {
            json.WriteStartArray("required");
            foreach (var setting in required)
            {
                json.WriteStringValue(setting.Name);
            }

            json.WriteEndArray();
        }
    }

    // An element is a section or, where the list has a form for it, a text. It cannot be null.
    private static void WriteList(Utf8JsonWriter json, SettingDescription list, DocComments comments)
    {
        list.WriteSchema(json);
        json.WriteStartObject("items");
        if (list.WriteTextSchema is { } writeText)
        {
            json.WriteStartArray("anyOf");
            json.WriteStartObject();
            writeText(json);
            json.WriteEndObject();
            json.WriteStartObject();
            WriteElement(json, list, comments);
            json.WriteEndObject();
            json.WriteEndArray();
        }
        else
        {
            WriteElement(json, list, comments);
        }

        json.WriteEndObject();
    }

    private static void WriteElement(Utf8JsonWriter json, SettingDescription list, DocComments comments)
    {
        json.WriteString("type", "object");
        WriteMembers(json, list.Children, comments, requireAll: true);
    }

    // The built-in entries need nothing; any other needs its required settings. Each may be false.
    private static void WriteMap(Utf8JsonWriter json, SettingDescription map, DocComments comments)
    {
        json.WriteStartArray("type");
        json.WriteStringValue("object");
        json.WriteStringValue("null");
        json.WriteEndArray();
        json.WriteStartObject("properties");
        foreach (var builtIn in UpstreamOptions.BuiltIn.Keys)
        {
            json.WriteStartObject(builtIn);
            WriteEntry(json, map, comments, requireAll: false);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteStartObject("additionalProperties");
        WriteEntry(json, map, comments, requireAll: true);
        json.WriteEndObject();
    }

    private static void WriteEntry(Utf8JsonWriter json, SettingDescription map, DocComments comments, bool requireAll)
    {
        json.WriteStartArray("anyOf");
        json.WriteStartObject();
        WriteSection(json, map.Children, comments, requireAll);
        json.WriteEndObject();
        json.WriteStartObject();
        json.WriteBoolean("const", false);
        json.WriteEndObject();
        json.WriteEndArray();
    }
}
