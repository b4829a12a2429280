using System.Runtime.InteropServices;

namespace ModelService.Models.Storage;

/// <summary>A folder that only the server's user may enter, at a place where others may create folders too.</summary>
internal static partial class PrivateFolder
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Creates a folder with mode 0700, or checks the folder that exists.</summary>
    /// <param name="path">The path of the folder.</param>
    /// <returns>
    /// What is wrong with the folder that exists, as the end of a sentence that has it as its subject: it is a link, of
    /// another user, or open to others. Null when it can be used. On Windows only links are found, and on other systems
    /// than Linux not the folders of other users.
    /// </returns>
    /// <exception cref="IOException">It can't be created, or is not a folder.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be created.</exception>
    public static string? Create(string path)
    {
        var folder = new DirectoryInfo(path);
        if (folder.LinkTarget is not null)
            return "is a link";
        if (OperatingSystem.IsWindows())
        {
            folder.Create();
            return null;
        }

        Directory.CreateDirectory(path, Owner);
        if (OperatingSystem.IsLinux() && OwnerOf(path) != CurrentUser())
            return "belongs to another user";
        var mode = File.GetUnixFileMode(path);
        const UnixFileMode Others =
            UnixFileMode.GroupRead
            | UnixFileMode.GroupWrite
            | UnixFileMode.GroupExecute
            | UnixFileMode.OtherRead
            | UnixFileMode.OtherWrite
            | UnixFileMode.OtherExecute;
        return (mode & Others) == 0
            ? null
            : $"is open to other users (chmod 700 closes it; its mode is {Convert.ToString((int)mode, 8)})";
    }

    // .NET has no method for it.
    private static uint OwnerOf(string path)
    {
        const int CurrentFolder = -100, // AT_FDCWD
            NoFollow = 0x100; // AT_SYMLINK_NOFOLLOW
        const uint UserId = 8; // STATX_UID
        return GetStatus(CurrentFolder, path, NoFollow, UserId, out var status) == 0
            ? status.Owner
            : throw new IOException(
                $"The owner of the folder can't be read: {Marshal.GetLastPInvokeErrorMessage()}.",
                Marshal.GetLastPInvokeError()
            );
    }

    // Source: statx(2). The layout is the same on all processors, unlike that of stat(2).
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct FileStatus
    {
        [FieldOffset(20)]
        public uint Owner;
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int GetStatus(int folder, string path, int flags, uint mask, out FileStatus status);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint CurrentUser();
}
