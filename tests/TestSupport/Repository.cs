using System.Runtime.CompilerServices;

namespace ModelService.TestSupport;

/// <summary>The source tree that the tests were built from.</summary>
public static class Repository
{
    /// <summary>Its root folder.</summary>
    public static string Root { get; } = System.IO.Path.GetFullPath(System.IO.Path.Combine(Here(), "..", "..", ".."));

    /// <summary>The full path of a file in it.</summary>
    /// <param name="parts">Folders and file below the root.</param>
    public static string Path(params string[] parts) => System.IO.Path.Combine([Root, .. parts]);

    private static string Here([CallerFilePath] string path = "") => path;
}
