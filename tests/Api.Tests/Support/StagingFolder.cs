namespace ModelService.Api.Tests.Support;

/// <summary>Has the process's temporary files go to a folder of their own, and watches it. For tests that run alone.</summary>
internal sealed class StagingFolder : IDisposable
{
    private static readonly string[] Variables = ["TMPDIR", "TMP", "TEMP"];

    private readonly string?[] before = [.. Variables.Select(Environment.GetEnvironmentVariable)];
    private readonly string path = Directory.CreateTempSubdirectory("api-test-").FullName;
    private readonly TaskCompletionSource created = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly FileSystemWatcher watcher;

    public StagingFolder()
    {
        foreach (var variable in Variables) Environment.SetEnvironmentVariable(variable, path);
        watcher = new FileSystemWatcher(path) { EnableRaisingEvents = true };
        watcher.Created += (_, _) => created.TrySetResult();
    }

    /// <summary>Done when there has been a file.</summary>
    public Task Used => created.Task.WaitAsync(TestContext.Current.CancellationToken);

    /// <summary>What is in it.</summary>
    public string[] Files => Directory.GetFileSystemEntries(path);

    public void Dispose()
    {
        watcher.Dispose();
        for (var i = 0; i < Variables.Length; i++) Environment.SetEnvironmentVariable(Variables[i], before[i]);
        Directory.Delete(path, recursive: true);
    }
}
