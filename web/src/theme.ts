// Mantine's settings. Its colours are in styles/theme.css, since it may not write them itself.
import { createTheme } from '@mantine/core';

export const theme = createTheme({
  cursorType: 'pointer',
  components: {
    // Locking the page's scroll would write a <style>; styles/base.css does it.
    Modal: {
      defaultProps: {
        lockScroll: false,
        closeButtonProps: { 'aria-label': 'Close' },
        transitionProps: { duration: 120 },
      },
    },
    Tooltip: { defaultProps: { openDelay: 300, withArrow: true } },
  },
});
