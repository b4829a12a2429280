using System.Security.Cryptography;
using System.Text;

namespace ModelService.Api.Tests.Support;

/// <summary>Keys of servers that need one.</summary>
internal static class Keys
{
    /// <summary>Settings of a server that needs a key and has one for each scope, which is the scope's name.</summary>
    public static Dictionary<string, string> Settings =>
        new([
            KeyValuePair.Create("ModelService:Auth:Required", "true"),
            .. Entry(0, "predict"),
            .. Entry(1, "manage"),
            .. Entry(2, "metrics"),
            .. Entry(3, "train"),
            .. Entry(4, "admin"),
        ]);

    /// <summary>SHA-256 of a key, in hexadecimal.</summary>
    public static string Sha256(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    /// <summary>Speaks with a key.</summary>
    public static ApiClient With(this ApiServer server, string key) => server.Connect(("X-API-Key", key));

    /// <summary>Speaks with a key.</summary>
    public static ApiClient With(this ServerProcess server, string key) =>
        new(new HttpClient { BaseAddress = server.Http.BaseAddress, DefaultRequestHeaders = { { "X-API-Key", key } } });

    private static Dictionary<string, string> Entry(int index, string scope) =>
        new()
        {
            [$"ModelService:Auth:Keys:{index}:Name"] = $"{scope} key",
            [$"ModelService:Auth:Keys:{index}:Sha256"] = Sha256(scope),
            [$"ModelService:Auth:Keys:{index}:Scopes:0"] = scope,
        };
}
