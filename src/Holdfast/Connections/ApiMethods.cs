namespace Holdfast.Connections;

/// <summary>The methods any of the APIs has. Others are refused: nobody means them.</summary>
internal static class ApiMethods
{
    /// <summary>The value of the <c>Allow</c> header.</summary>
    public const string Allowed = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

    private static readonly HashSet<string> Names = [.. Allowed.Split(", ")];

    /// <summary>Whether it is one of them; written in upper case, as methods are.</summary>
    public static bool Contains(string method) => Names.Contains(method);
}
