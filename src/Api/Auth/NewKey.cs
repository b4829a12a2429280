using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace ModelService.Api.Auth;

/// <summary>Generates API keys.</summary>
internal static class NewKey
{
    // Secret scanners recognize keys in source code by their prefix.
    private const string Prefix = "ms_";

    /// <summary>Generates a key of 256 random bits.</summary>
    public static string Create() => Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>Returns the SHA-256 of a key, which is all that the server stores of it.</summary>
    public static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));

    /// <summary>Creates the configuration entry of a key.</summary>
    public static ApiKeyDefinition Define(string name, string key, IReadOnlyList<string> scopes) =>
        new()
        {
            Name = name,
            Sha256 = Convert.ToHexStringLower(Hash(key)),
            Scopes = scopes,
        };

    /// <summary>
    /// Prints a new key and its configuration entry: <c>--new-key NAME SCOPE,SCOPE</c>. Or stores it:
    /// <c>storage new-key NAME SCOPE,SCOPE</c>.
    /// </summary>
    /// <param name="arguments">The name and the scopes.</param>
    /// <param name="output">Receives the key and the entry.</param>
    /// <param name="errors">Receives the problems of the arguments.</param>
    /// <param name="store">Stores the key, and returns the process's exit code; null: the entry is printed.</param>
    /// <returns>The process's exit code.</returns>
    public static async Task<int> RunAsync(
        IReadOnlyList<string> arguments,
        TextWriter output,
        TextWriter errors,
        Func<ApiKeyDefinition, Task<int>>? store = null
    )
    {
        var key = Create();
        var definition = Define(
            arguments.ElementAtOrDefault(0) ?? "",
            key,
            arguments.ElementAtOrDefault(1)?.Split(',') ?? []
        );
        if (ApiKeyRules.FindProblems([definition]).ToList() is { Count: > 0 } problems)
        {
            await errors.WriteLineAsync($"new-key NAME {string.Join(',', Scopes.All)}: {string.Join(' ', problems)}");
            return 1;
        }

        if (store is not null && await store(definition) is not 0 and var exitCode)
            return exitCode;
        await output.WriteLineAsync($"The key, for its holder. It is not shown again:\n{key}");
        if (store is null)
        {
            await output.WriteLineAsync(
                $"\nIts configuration entry, for the server:\n{JsonSerializer.Serialize(definition, ApiKeyFile.Json)}"
            );
        }

        return 0;
    }
}
