using System.Diagnostics;
using System.Runtime.Versioning;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Configuration;

/// <summary>
/// A server does not start with a folder for uploads in which others could exchange them, and does not touch what is in
/// it.
/// </summary>
[UnsupportedOSPlatform("windows")]
public sealed class StagingFolderTests : IDisposable
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly TemporaryFolder data = new();
    private readonly TemporaryFolder folder = new();
    private readonly string upload;

    public StagingFolderTests()
    {
        upload = Path.Combine(folder.Path, "left.staged");
        File.WriteAllText(upload, "left");
    }

    public void Dispose()
    {
        data.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData(Owner | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute, "its mode is 703")]
    [InlineData(Owner | UnixFileMode.GroupWrite, "its mode is 720")]
    [InlineData(Owner | UnixFileMode.GroupRead | UnixFileMode.OtherRead, "its mode is 744")]
    public Task Start_OpenToOthers_IsRefused(UnixFileMode mode, string what)
    {
        File.SetUnixFileMode(folder.Path, mode);

        return IsRefusedAsync(folder.Path, what);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    public Task Start_Link_IsRefused(string end)
    {
        var link = Path.Combine(data.Path, "link");
        Directory.CreateSymbolicLink(link, folder.Path);

        return IsRefusedAsync(link + end, "is a link");
    }

    [Fact]
    public Task Start_FolderOfAnotherUser_IsRefused()
    {
        // Only root can give a folder away. For anyone else, the root folder is another user's.
        var path = "/";
        if (Environment.IsPrivilegedProcess)
        {
            path = folder.Path;
            using var chown = Process.Start("chown", ["65534", path]);
            chown.WaitForExit();
        }

        return IsRefusedAsync(path, "belongs to another user");
    }

    [Fact]
    public Task Start_File_IsRefused() => IsRefusedAsync(upload, "can't be created");

    [Fact]
    public Task Start_Empty_IsRefused() => IsRefusedAsync("", "Staging must be the path of a folder");

    private async Task IsRefusedAsync(string path, string what)
    {
        var (exitCode, error) = await ServerProcess.RunAsync(data.Path, $"--ModelService:Storage:Staging={path}");

        Assert.Equal(1, exitCode);
        Assert.Contains(what, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
        Assert.True(File.Exists(upload));
    }
}
