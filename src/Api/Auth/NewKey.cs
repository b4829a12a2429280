using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace ModelService.Api.Auth;

/// <summary>Makes keys.</summary>
internal static class NewKey
{
    // Programs that search sources for secrets find keys by how they begin.
    private const string Prefix = "ms_";

    /// <summary>A key of 256 random bits.</summary>
    public static string Make() => Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>What is kept of a key.</summary>
    public static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));

    /// <summary>The entry of a key in the configuration.</summary>
    public static ApiKeyDefinition Define(string name, string key, IReadOnlyList<string> scopes) =>
        new()
        {
            Name = name,
            Sha256 = Convert.ToHexStringLower(Hash(key)),
            Scopes = scopes,
        };

    /// <summary>Prints a new key and its entry in the configuration: <c>--new-key NAME SCOPE,SCOPE</c>.</summary>
    /// <param name="arguments">The name, and the scopes.</param>
    /// <param name="output">Where it is printed.</param>
    /// <param name="errors">Where it says what is wrong with the arguments.</param>
    /// <returns>The process's exit code.</returns>
    public static async Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter errors)
    {
        var key = Make();
        var definition = Define(
            arguments.ElementAtOrDefault(0) ?? "",
            key,
            arguments.ElementAtOrDefault(1)?.Split(',') ?? []
        );
        if (ApiKeyRules.Problems([definition]).ToList() is { Count: > 0 } problems)
        {
            await errors.WriteLineAsync($"--new-key NAME {string.Join(',', Scopes.All)}: {string.Join(' ', problems)}");
            return 1;
        }

        await output.WriteLineAsync(
            $"The key, for its holder; it is not shown again:\n{key}\n\nIts entry, for the server:\n{JsonSerializer.Serialize(definition, ApiKeyFile.Json)}"
        );
        return 0;
    }
}
